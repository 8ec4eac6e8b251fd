# The module "bench", whose functions the programs of sightglass call around what they measure: they do nothing.
	.export_name	start, start
	.export_name	end, end
	.globl	start
	.type	start,@function
start:
	.functype	start () -> ()
	end_function
	.globl	end
	.type	end,@function
end:
	.functype	end () -> ()
	end_function
