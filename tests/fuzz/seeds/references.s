# References in tables and as values.
	.tabletype	externs, externref, 10
externs:
	.tabletype	funcs, funcref, 4
funcs:
	.export_name	keep, keep
	.export_name	size, size
	.globl	keep
	.type	keep,@function
keep:
	.functype	keep (i32, externref) -> (externref)
	local.get	0
	local.get	1
	table.set	externs
	local.get	0
	table.get	externs
	end_function
	.globl	size
	.type	size,@function
size:
	.functype	size (i32) -> (i32)
	ref.null_extern
	local.get	0
	table.grow	externs
	table.size	externs
	i32.add
	ref.null_func
	local.get	0
	table.grow	funcs
	i32.add
	end_function
