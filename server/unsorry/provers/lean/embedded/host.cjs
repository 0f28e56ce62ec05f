// Runs the mended Lean loader under Node: the entry of the process and of each of its threads.
//
//   node [flags] host.cjs ARGS…     runs `lean ARGS…`
//
// UNSORRY_LEAN_HOST holds the configuration as JSON:
//   root      host folder of the embedded Lean: lean.wasm, lean.sym and lib, which is
//             seen as /lean/lib/lean
//   loader    the mended loader's file
//   mounts    [[host folder, guest folder], …]
//   leanPath  guest folders for LEAN_PATH      cwd   guest folder to start in
//   threads   how many worker threads Lean may use
//   timing    whether to print the phases of the start to standard error, as one line of JSON
//   endWithInput   end the process when standard input ends
//
// Lean's `main` runs in a worker thread, so that this process's first thread always
// serves: it starts threads, reads standard input and ends the process. Input goes
// through a ring in shared memory: a thread that waits there can be stopped, which a
// thread inside a blocking read of the system can't (the process would hang at exit).

"use strict";

const fs = require("node:fs");
const path = require("node:path");
const v8 = require("node:v8");
const { Worker, isMainThread, workerData, parentPort, threadId } = require("node:worker_threads");

const EXIT_CRASHED = 70; // EX_SOFTWARE
const EXIT_FLUSH_MS = 3000;
const FREE_THREAD_MS = 5000;
const RING_BYTES = 1 << 20;
// Two stacks per thread: V8's frames, and what C++ keeps in Lean's memory. The second
// must never be the first to end, since nothing guards it; of Lean's own threads it has
// eight megabytes, and frames there take a fraction of V8's.
const THREAD_STACK_MB = 64;
const LEAN_STACK_BYTES = 64 << 20;
const FILES_PER_THREAD = 8192;
const ERRNO_IO = 29;
const ERRNO_PIPE = 64;

// Indices of the ring's words.
const HEAD = 0; // bytes taken, modulo 2^32
const TAIL = 1; // bytes put
const ENDED = 2;
const WANTED = 3; // 1: a reader waits or waited, and the first thread must be told
const STARTED = 4;
const RING_WORDS = 8;

const shared = isMainThread ? createShared() : workerData;
const { config } = shared;
const ring = new Int32Array(shared.ring, 0, RING_WORDS);
const ringData = new Uint8Array(shared.ring, RING_WORDS * 4);
const symbols = openSymbols(Buffer.from(shared.symbols));

function createShared() {
  const text = process.env.UNSORRY_LEAN_HOST;
  if (!text) {
    fs.writeSync(2, "lean: UNSORRY_LEAN_HOST is not set: start this through Unsorry\n");
    process.exit(EXIT_CRASHED);
  }
  const config = JSON.parse(text);
  const descriptor = fs.openSync(path.join(config.root, "lean.sym"), "r");
  const size = fs.fstatSync(descriptor).size;
  const table = new SharedArrayBuffer(size);
  const view = new Uint8Array(table);
  for (let done = 0; done < size; ) {
    const read = fs.readSync(descriptor, view, done, size - done, done);
    if (read === 0) throw new Error("lean.sym is cut short");
    done += read;
  }
  fs.closeSync(descriptor);
  return {
    config,
    ring: new SharedArrayBuffer(RING_WORDS * 4 + RING_BYTES),
    symbols: table,
    began: performance.timeOrigin,
  };
}

// The table is written by wasm.py: count, offsets, values, then the sorted names.
function openSymbols(table) {
  const count = table.readUInt32LE(0);
  const names = 4 + 8 * count;
  return (name) => {
    const key = Buffer.from(`${name}\0`);
    let low = 0;
    let high = count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const start = names + table.readUInt32LE(4 + 4 * middle);
      const order = table.compare(key, 0, key.length, start, start + key.length);
      if (order === 0) return table.readInt32LE(4 + 4 * (count + middle));
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  };
}

// ---- Writing ------------------------------------------------------------------

const pause = new Int32Array(new SharedArrayBuffer(4));

// Writes everything, however small the pipe; answers 0 or an errno of the guest.
function writeAll(descriptor, bytes) {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += fs.writeSync(descriptor, bytes, done, bytes.length - done);
    } catch (error) {
      if (error.code === "EAGAIN") Atomics.wait(pause, 0, 0, 2);
      else if (error.code === "EPIPE" || error.code === "EOF") return ERRNO_PIPE;
      else return ERRNO_IO;
    }
  }
  return 0;
}

function say(text) {
  writeAll(2, Buffer.from(text));
}

// This build of Lean tells its steps on standard error. Mending marked those lines
// with a control sequence (mend.py, DEBUG_TAG), so that nobody else's line is taken
// for one. "…: found N parts" is followed by N lines that carry no mark.
const DEBUG_TAG = Buffer.from("\x01\x02\x03DBG:");
const FOUND_PARTS = /^FIND\] .*: found (\d+) parts\n$/s;
const PART = /^ {2}- \/.*\n$/;

function createDebugFilter() {
  let lineStart = true;
  let dropping = false;
  let parts = 0;
  return (bytes) => {
    const kept = [];
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(10, start);
      const end = newline < 0 ? bytes.length : newline + 1;
      const line = bytes.subarray(start, end);
      if (lineStart) {
        dropping = line.subarray(0, DEBUG_TAG.length).equals(DEBUG_TAG);
        if (dropping) {
          const found = FOUND_PARTS.exec(line.subarray(DEBUG_TAG.length).toString());
          parts = found ? Number(found[1]) : 0;
        } else if (parts > 0) {
          dropping = PART.test(line.toString());
          parts = dropping ? parts - 1 : 0;
        }
      }
      if (!dropping) kept.push(line);
      lineStart = newline >= 0;
      start = end;
    }
    return kept.length === 1 ? kept[0] : Buffer.concat(kept);
  };
}

const withoutDebug = createDebugFilter();

function write(descriptor, buffer, offset, length) {
  // A copy, since the bytes are in memory that other threads may write to.
  let bytes = Buffer.from(buffer.slice(offset, offset + length).buffer);
  if (descriptor === 2) bytes = withoutDebug(bytes);
  return writeAll(descriptor, bytes);
}

// ---- Reading ------------------------------------------------------------------

function available() {
  return (Atomics.load(ring, TAIL) - Atomics.load(ring, HEAD)) >>> 0;
}

function readable() {
  return available() > 0 || Atomics.load(ring, ENDED) === 1;
}

function read(buffer, offset, length) {
  if (length === 0) return 0;
  for (;;) {
    const tail = Atomics.load(ring, TAIL);
    const head = Atomics.load(ring, HEAD);
    const ready = (tail - head) >>> 0;
    if (ready > 0) {
      const count = Math.min(ready, length);
      const at = (head >>> 0) % RING_BYTES;
      const first = Math.min(count, RING_BYTES - at);
      buffer.set(ringData.subarray(at, at + first), offset);
      buffer.set(ringData.subarray(0, count - first), offset + first);
      Atomics.store(ring, HEAD, (head + count) | 0);
      if (ready - count < RING_BYTES / 2) askForInput();
      return count;
    }
    if (Atomics.load(ring, ENDED) === 1) return 0;
    askForInput();
    Atomics.wait(ring, TAIL, tail);
  }
}

function askForInput() {
  if (Atomics.exchange(ring, WANTED, 1) === 0) parentPort.postMessage(call("hostInput"));
}

// The first thread's side: starts with the first wish, stops while the ring is full.
let waiting = [];
let inputEnded = false;

function serveInput() {
  Atomics.store(ring, WANTED, 0);
  if (Atomics.exchange(ring, STARTED, 1) === 0) {
    process.stdin.on("data", (chunk) => {
      waiting.push(chunk);
      moveInput();
    });
    const end = () => {
      inputEnded = true;
      moveInput();
      if (config.endWithInput) setTimeout(() => process.exit(0), 5000).unref();
    };
    process.stdin.on("end", end);
    process.stdin.on("error", end);
  }
  moveInput();
}

function moveInput() {
  while (waiting.length > 0) {
    const tail = Atomics.load(ring, TAIL);
    const room = RING_BYTES - available();
    if (room === 0) break;
    const chunk = waiting[0];
    const at = (tail >>> 0) % RING_BYTES;
    const count = Math.min(room, chunk.length, RING_BYTES - at);
    ringData.set(chunk.subarray(0, count), at);
    if (count === chunk.length) waiting.shift();
    else waiting[0] = chunk.subarray(count);
    Atomics.store(ring, TAIL, (tail + count) | 0);
    Atomics.notify(ring, TAIL);
  }
  if (waiting.length > 0) process.stdin.pause();
  else if (inputEnded) {
    Atomics.store(ring, ENDED, 1);
    // A reader that sleeps on TAIL wakes by this even though TAIL is the same.
    Atomics.notify(ring, TAIL);
  } else process.stdin.resume();
}

// ---- Ending -------------------------------------------------------------------

function call(handler, ...args) {
  return { cmd: "callHandler", handler, args };
}

function sleepForever() {
  for (;;) Atomics.wait(pause, 0, 0);
}

// In a thread: ends the process. No code of this thread runs afterwards.
function exit(status, flush) {
  parentPort.postMessage(call("hostExiting", status));
  if (flush) flush(0);
  parentPort.postMessage(call("hostExit", status));
  sleepForever();
}

// What main's result means. This build takes a boxed UInt32 for a small number where it
// hands over the result of `--run`, `--version` and others: what arrives is half the
// box's address. The box has a header of eight bytes, then the number; it was freed a
// moment ago, but freeing writes to the header only.
function status(result, words) {
  if (result >= 0 && result <= 255) return result;
  const number = words[(result * 2 + 8) >>> 2];
  return number === undefined ? 1 : number & 255;
}

function crash(error) {
  const reason = describe(error);
  if (!isMainThread) {
    parentPort.postMessage(call("hostCrash", reason));
    sleepForever();
  }
  say(`lean: the embedded Lean stopped: ${reason}\n`);
  process.exit(EXIT_CRASHED);
}

function describe(error) {
  if (typeof error === "string") return error;
  const text = String(error?.message ?? error).split("\n", 1)[0];
  if (error instanceof RangeError && /call stack/.test(text)) return "stack overflow (deep recursion)";
  return text;
}

function quit(status, reason) {
  if (isMainThread && reason?.name === "ExitStatus") process.exit(status);
  crash(reason);
}

// ---- Files --------------------------------------------------------------------

function mount(FS, NODEFS) {
  FS.mkdirTree("/lean/bin"); // Lean looks at the folder that its program is in
  const mounts = [[path.join(config.root, "lib"), "/lean/lib/lean"], ...(config.mounts ?? [])];
  const depth = ([, guest]) => guest.split("/").length;
  mounts.sort((one, other) => depth(one) - depth(other));
  for (const [root, guest] of mounts) {
    FS.mkdirTree(guest);
    FS.mount(NODEFS, { root }, guest);
  }
  FS.chdir(config.cwd ?? "/");
}

// ---- Start --------------------------------------------------------------------

const marks = {};

function now() {
  return Math.round(performance.timeOrigin + performance.now() - shared.began);
}

function mark(name) {
  if (!config.timing) return;
  marks[name] = now();
  if (name === "lean-main") parentPort.postMessage(call("hostTiming", marks));
}

function reportTiming(fromLean) {
  const at = { ...marks, ...fromLean };
  say(
    `${JSON.stringify({
      unsorryLeanStart: {
        js: at.js,
        compile: at.compiled - at.js,
        instantiate: at.instantiated - at.compiled,
        threads: at["lean-start"] - at.instantiated,
        initialize: at["lean-initialized"] - at["lean-start"],
        options: at["lean-main"] - at["lean-initialized"],
        total: at["lean-main"],
      },
    })}\n`,
  );
}

function newWorker() {
  return new Worker(__filename, {
    workerData: shared,
    name: "lean",
    resourceLimits: { stackSizeMb: THREAD_STACK_MB },
  });
}

// Lean's main in a thread of its own; its two arguments travel in a small block.
function startMain(argc, argv, malloc, words, entry) {
  const block = malloc(512);
  const [id, attributes, box] = [block, block + 16, block + 496];
  words()[box >> 2] = argc;
  words()[(box + 4) >> 2] = argv;
  const native = (name) => entry(symbols(name));
  native("pthread_attr_init")(attributes);
  native("pthread_attr_setstacksize")(attributes, LEAN_STACK_BYTES);
  const failed = native("pthread_create")(id, attributes, host.mainSlot, box);
  if (failed) crash(`its main thread could not be started (error ${failed})`);
}

const host = {
  isThread: !isMainThread,
  module: {},
  pool: (config.threads ?? 2) + 1,
  cores: config.threads ?? 2,
  firstFile: isMainThread ? 3 : threadId * FILES_PER_THREAD,
  env: { LEAN_PATH: (config.leanPath ?? []).join(":"), HOME: "/", PATH: "/", LANG: "C.UTF-8" },
  mainSlot: symbols("__main_argc_argv"),
  symbol: symbols,
  mark,
  mount,
  read,
  readable,
  write,
  say,
  exit,
  status,
  crash,
  quit,
  newWorker,
  startMain,
  later: (action) => setTimeout(action, FREE_THREAD_MS),
};

if (isMainThread) {
  Object.assign(host.module, {
    noExitRuntime: true, // the first thread is done when Lean is, not when it has nothing to do
    hostInput: serveInput,
    hostExit: (status) => process.exit(status),
    hostExiting: (status) => setTimeout(() => process.exit(status), EXIT_FLUSH_MS),
    hostCrash: crash,
    hostTiming: reportTiming,
    instantiateWasm: (imports, done) => {
      mark("js");
      const wasm = fs.readFileSync(path.join(config.root, "lean.wasm"));
      WebAssembly.compile(wasm)
        .then((module) => {
          mark("compiled");
          return WebAssembly.instantiate(module, imports).then((instance) => done(instance, module));
        })
        .catch(crash);
      return {};
    },
  });
  // The module is validated function by function as they are first called: 0.3 s less.
  // Set here and not on the command line, where a future Node that does not know it
  // would refuse to start.
  v8.setFlagsFromString("--wasm-lazy-validation");
  process.on("uncaughtException", crash);
  if (config.endWithInput) serveInput();
  setInterval(() => {}, 1 << 30); // threads do not keep the process alive: this does
}

globalThis.unsorryHost = host;
require(config.loader);
