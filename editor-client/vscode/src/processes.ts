// Programs that are run for their output.

import { spawn } from "node:child_process";

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
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    const end = (why: string): void => {
      problem ??= why;
      child.kill();
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

/** The last lines of an output, for a message. */
export function lastLines(output: string, count: number): string {
  return output.trimEnd().split(/\r?\n/).slice(-count).join("\n");
}
