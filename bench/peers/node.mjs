// Runs, compiles and embeds modules in node's V8:
//   node node.mjs run MODULE ARGS...
//   node node.mjs compile MODULE ROUNDS
//   node node.mjs embed MICRO_MODULE MEMORY_MODULE
import { readFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';

const print = (line) => writeSync(1, line + '\n');
const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;

async function run(file, args) {
  const { WASI } = await import('node:wasi');
  const folder = process.env.WAXWING_BENCH_FOLDER;
  const preopens = folder ? { [folder]: folder } : {};
  const wasi = new WASI({ version: 'preview1', args: [basename(file), ...args], preopens, returnOnExit: true });
  const module = new WebAssembly.Module(readFileSync(file));
  process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
}

function compile(file, rounds) {
  const bytes = readFileSync(file);
  const copies = [];
  for (let i = 0; i < rounds; ++i) {
    // Another module each time, by a custom section: V8 keeps what it has compiled.
    const copy = Buffer.concat([bytes, Buffer.from([0, 4, 1, 0x78, i & 255, i >> 8])]);
    const cpu = process.cpuUsage();
    const wall = milliseconds();
    copies.push(new WebAssembly.Module(copy));
    const elapsed = milliseconds() - wall;
    const used = process.cpuUsage(cpu);
    print(`round ${elapsed.toFixed(3)} ${((used.user + used.system) / 1e3).toFixed(3)}`);
  }
}

const rounds = 9;

// Of the processor, other threads' included: other people's load does not count.
function processorMilliseconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

function printMedian(name, measure) {
  const values = Array.from({ length: rounds }, measure).sort((a, b) => a - b);
  print(`${name} ${values[rounds >> 1].toFixed(3)}`);
}

function measureCalls(name, calls, perCall, func) {
  printMedian(name, () => {
    const start = processorMilliseconds();
    for (let i = 0; i < calls; ++i) func(perCall, i);
    return (processorMilliseconds() - start) * 1e6 / (calls * perCall);
  });
}

function measureTraps(name, func) {
  const calls = 5000;
  printMedian(name, () => {
    const start = processorMilliseconds();
    for (let i = 0; i < calls; ++i) {
      try { func(); } catch { continue; }
      throw new Error(`${name}: there was no trap`);
    }
    return (processorMilliseconds() - start) * 1e6 / calls;
  });
}

function measureInstances(name, file, count, imports) {
  const module = new WebAssembly.Module(readFileSync(file));
  printMedian(name, () => {
    const start = processorMilliseconds();
    for (let i = 0; i < count; ++i) new WebAssembly.Instance(module, imports);
    const elapsed = processorMilliseconds() - start;
    globalThis.gc?.();  // not within the time: each keeps some GiB of addresses
    return elapsed * 1e3 / count;
  });
}

function embed(micro, memory) {
  const imports = { host: { nop: () => { }, mix: (a, b, c) => a + Number(b) + c } };
  const exports = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(micro)), imports).exports;
  measureCalls('enter_ns', 2000000, 1, exports.empty);
  measureCalls('enter_add_ns', 2000000, 1, exports.add);
  measureCalls('out_ns', 10, 200000, exports.call_nop);
  measureCalls('out_mix_ns', 10, 200000, exports.call_mix);
  measureTraps('trap_ns', exports.trap);
  measureTraps('fault_ns', exports.fault);
  measureInstances('instance_us', micro, 500, imports);
  measureInstances('instance_1mib_us', memory, 100, imports);
}

const [verb, file, ...rest] = process.argv.slice(2);
if (verb === 'run') await run(file, rest);
else if (verb === 'compile') compile(file, Number(rest[0]));
else embed(file, rest[0]);
