// The server that travels with the extension, as a wheel: what is installed fits the extension, and comes from nowhere else.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** What is in the extension's folder `server`. */
export interface Bundle {
  readonly wheel: string;
  /** The versions of other packages that it was tested with, as pip reads them. */
  readonly constraints: string;
  /** Differs from that of any other wheel. */
  readonly key: string;
}

/** What is to be installed. */
export interface Source {
  /** As the user reads it. */
  readonly name: string;
  /** What pip is told, one way after the other until one succeeds. */
  readonly ways: readonly (readonly string[])[];
  /** The key of the bundle that it comes from; empty where it comes from elsewhere. */
  readonly key: string;
}

/** The server in a folder; undefined where there is none, as in an extension that runs from its sources. */
export async function bundleIn(folder: string): Promise<Bundle | undefined> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return undefined;
  }
  const name = names.find((file) => file.endsWith(".whl"));
  if (name === undefined) return undefined;
  const wheel = path.join(folder, name);
  const key = createHash("sha256").update(await readFile(wheel)).digest("hex");
  return { wheel, constraints: path.join(folder, "constraints.txt"), key };
}

/**
 * What a value of the setting `unsorry.install.source` stands for; undefined where it is the server of the extension and
 * there is none.
 */
export function sourceOf(setting: string, bundle: Bundle | undefined): Source | undefined {
  const extras = /^(?:unsorry\s*(\[[\w\s,-]*\])?)?$/.exec(setting);
  if (extras === null) return { name: setting, ways: [[setting]], key: "" };
  if (bundle === undefined) return undefined;
  const wanted = `${bundle.wheel}${extras[1] ?? ""}`;
  // On a Python or a system that is newer than those versions they may not be there, and compiling them is no way out.
  const tested = ["--constraint", bundle.constraints, "--only-binary", ":all:", wanted];
  return { name: setting || "unsorry", ways: [tested, ["--prefer-binary", wanted]], key: bundle.key };
}
