// Runs, compiles and embeds modules in wazero's compiler:
//
//	wazero run MODULE ARGS...
//	wazero compile MODULE ROUNDS
//	wazero embed MICRO_MODULE MEMORY_MODULE
//	wazero cached CACHE_FOLDER MODULE ARGS...
//	wazero again CACHE_FOLDER|- MODULE ROUNDS
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

const rounds = 9

var ctx = context.Background()

func check(err error) {
	if err == nil {
		return
	}
	var exit *sys.ExitError
	if errors.As(err, &exit) {
		os.Exit(int(exit.ExitCode()))
	}
	fmt.Fprintln(os.Stderr, "wazero:", err)
	os.Exit(1)
}

func newRuntime() wazero.Runtime { return newCachingRuntime(nil) }

// The cache may be absent.
func newCachingRuntime(cache wazero.CompilationCache) wazero.Runtime {
	config := wazero.NewRuntimeConfigCompiler().WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesThreads)
	if cache != nil {
		config = config.WithCompilationCache(cache)
	}
	return wazero.NewRuntimeWithConfig(ctx, config)
}

// openCache takes "-" for one in memory.
func openCache(folder string) wazero.CompilationCache {
	if folder == "-" {
		return wazero.NewCompilationCache()
	}
	cache, err := wazero.NewCompilationCacheWithDir(folder)
	check(err)
	return cache
}

func compile(runtime wazero.Runtime, file string) wazero.CompiledModule {
	bytes, err := os.ReadFile(file)
	check(err)
	compiled, err := runtime.CompileModule(ctx, bytes)
	check(err)
	return compiled
}

func run(runtime wazero.Runtime, arguments []string) {
	wasi_snapshot_preview1.MustInstantiate(ctx, runtime)
	config := wazero.NewModuleConfig().WithArgs(arguments...).WithStdin(os.Stdin).WithStdout(os.Stdout).
		WithStderr(os.Stderr).WithSysWalltime().WithSysNanotime().WithSysNanosleep()
	if folder := os.Getenv("WAXWING_BENCH_FOLDER"); folder != "" {
		config = config.WithFSConfig(wazero.NewFSConfig().WithDirMount(folder, folder))
	}
	_, err := runtime.InstantiateModule(ctx, compile(runtime, arguments[0]), config)
	check(err)
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func measureCompiling(file string, count int) {
	bytes, err := os.ReadFile(file)
	check(err)
	for i := 0; i < count; i++ {
		runtime := newRuntime() // keeps what it has compiled
		wall, cpu := time.Now(), processorTime()
		_, err := runtime.CompileModule(experimental.WithCompilationWorkers(ctx, 2), bytes)
		check(err)
		fmt.Printf("round %.3f %.3f\n", time.Since(wall).Seconds()*1e3, (processorTime()-cpu).Seconds()*1e3)
		check(runtime.Close(ctx))
	}
}

// measureAgain makes runtimes, and modules in them by the cache, the first before those that are timed. A folder is
// opened again for each: what stays in memory would be found before what it holds.
func measureAgain(folder, file string, count int) {
	bytes, err := os.ReadFile(file)
	check(err)
	cache := openCache(folder)
	for i := 0; i <= count; i++ {
		start := time.Now()
		if i > 0 && folder != "-" {
			check(cache.Close(ctx))
			cache = openCache(folder)
		}
		runtime := newCachingRuntime(cache)
		made, cpu := time.Now(), processorTime()
		_, err := runtime.CompileModule(ctx, bytes)
		check(err)
		used, name := processorTime()-cpu, "again"
		if i == 0 {
			name = "first"
		}
		fmt.Printf("%s %.3f %.3f %.3f\n", name, made.Sub(start).Seconds()*1e6, time.Since(made).Seconds()*1e6,
			used.Seconds()*1e6)
		check(runtime.Close(ctx))
	}
}

func printMedian(name string, measure func() float64) {
	values := make([]float64, rounds)
	for i := range values {
		values[i] = measure()
	}
	sort.Float64s(values)
	fmt.Printf("%s %.3f\n", name, values[rounds/2])
}

func measureCalls(name string, function api.Function, calls, perCall int, params int, traps bool) {
	slots := make([]uint64, 2)
	printMedian(name, func() float64 {
		start := processorTime()
		for i := 0; i < calls; i++ {
			slots[0], slots[1] = uint64(perCall), uint64(i)
			if err := function.CallWithStack(ctx, slots[:max(params, 1)]); (err != nil) != traps {
				check(fmt.Errorf("%s: %v", name, err))
			}
		}
		return (processorTime() - start).Seconds() * 1e9 / float64(calls*perCall)
	})
}

func measureInstances(name string, runtime wazero.Runtime, file string, threads, count int) {
	compiled := compile(runtime, file)
	config := wazero.NewModuleConfig().WithName("") // any number of them
	printMedian(name, func() float64 {
		start, cpu := time.Now(), processorTime()
		var group sync.WaitGroup
		for range threads {
			group.Add(1)
			go func() {
				defer group.Done()
				for range count {
					instance, err := runtime.InstantiateModule(ctx, compiled, config)
					check(err)
					check(instance.Close(ctx))
				}
			}()
		}
		group.Wait()
		elapsed := time.Since(start)
		if threads == 1 {
			elapsed = processorTime() - cpu
		}
		return elapsed.Seconds() * 1e6 / float64(threads*count)
	})
}

func embed(micro, memory string) {
	runtime := newRuntime()
	_, err := runtime.NewHostModuleBuilder("host").
		NewFunctionBuilder().WithGoFunction(api.GoFunc(func(context.Context, []uint64) {}), nil, nil).Export("nop").
		NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, slots []uint64) {
		slots[0] = api.EncodeF64(float64(int32(slots[0])) + float64(int64(slots[1])) + api.DecodeF64(slots[2]))
	}), []api.ValueType{api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeF64}, []api.ValueType{api.ValueTypeF64}).
		Export("mix").Instantiate(ctx)
	check(err)
	instance, err := runtime.InstantiateModule(ctx, compile(runtime, micro), wazero.NewModuleConfig().WithName(""))
	check(err)
	measureCalls("enter_ns", instance.ExportedFunction("empty"), 2000000, 1, 0, false)
	measureCalls("enter_add_ns", instance.ExportedFunction("add"), 2000000, 1, 2, false)
	measureCalls("out_ns", instance.ExportedFunction("call_nop"), 10, 200000, 1, false)
	measureCalls("out_mix_ns", instance.ExportedFunction("call_mix"), 10, 200000, 1, false)
	measureCalls("trap_ns", instance.ExportedFunction("trap"), 5000, 1, 0, true)
	measureCalls("fault_ns", instance.ExportedFunction("fault"), 5000, 1, 0, true)
	measureInstances("instance_us", runtime, micro, 1, 500)
	measureInstances("instance_2_threads_us", runtime, micro, 2, 500)
	measureInstances("instance_1mib_us", runtime, memory, 1, 200)
}

func main() {
	switch {
	case len(os.Args) >= 3 && os.Args[1] == "run":
		run(newRuntime(), os.Args[2:])
	case len(os.Args) == 4 && os.Args[1] == "compile":
		count, err := strconv.Atoi(os.Args[3])
		check(err)
		measureCompiling(os.Args[2], count)
	case len(os.Args) == 4 && os.Args[1] == "embed":
		embed(os.Args[2], os.Args[3])
	case len(os.Args) >= 4 && os.Args[1] == "cached":
		run(newCachingRuntime(openCache(os.Args[2])), os.Args[3:])
	case len(os.Args) == 5 && os.Args[1] == "again":
		count, err := strconv.Atoi(os.Args[4])
		check(err)
		measureAgain(os.Args[2], os.Args[3], count)
	default:
		os.Exit(2)
	}
}
