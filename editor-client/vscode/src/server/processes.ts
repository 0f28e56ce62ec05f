// Programs that are run for their output.

import { spawn, type ChildProcess } from "node:child_process";

const WINDOWS = process.platform === "win32";

/** What became of a program: its exit code (null where it was ended or never began) and all that it wrote. */
export interface Run {
  readonly code: number | null;
  readonly output: string;
  /** Why it did not begin, or was ended. */
  readonly problem?: string;
}

export interface RunOptions {
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
  /** Called with each piece of output as it comes. */
  readonly told?: (text: string) => void;
}

/** Runs a program to its end, without a shell. Never throws. */
export async function run(command: readonly string[], options: RunOptions): Promise<Run> {
  const [program, ...args] = command;
  if (program === undefined || program === "") return { code: null, output: "", problem: "there is no command" };
  return await new Promise((resolve) => {
    let output = "";
    let problem: string | undefined;
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true, detached: !WINDOWS });
    const end = (why: string): void => {
      problem ??= why;
      killTree(child);
    };
    const timer = setTimeout(() => {
      end(`it did not end within ${String(options.timeoutSeconds)} seconds`);
    }, options.timeoutSeconds * 1000);
    const cancel = (): void => {
      end("it was cancelled");
    };
    options.signal?.addEventListener("abort", cancel, { once: true });
    if (options.signal?.aborted) cancel();
    const take = (data: Buffer): void => {
      const text = data.toString("utf8");
      output += text;
      options.told?.(text);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const finish = (code: number | null): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", cancel);
      resolve(problem === undefined ? { code, output } : { code: null, output, problem });
    };
    child.on("error", (error) => {
      problem ??= error.message;
      finish(null);
    });
    child.on("close", finish);
  });
}

/** Ends a program with all that it has started. */
function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    // The program leads a group of its own, which Windows does not have.
    if (WINDOWS) spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], { stdio: "ignore", windowsHide: true });
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** The last lines of an output, for a message. */
export function lastLines(output: string, count: number): string {
  return output.trimEnd().split(/\r?\n/).slice(-count).join("\n");
}
