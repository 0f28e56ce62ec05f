// Bundles the extension and the panel's page, so that what is installed is a handful of files.
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";

import { build } from "esbuild";

const common = { bundle: true, minify: true, logLevel: "warning", legalComments: "linked", outdir: "dist" };

await rm("dist", { recursive: true, force: true });
const { metafile } = await build({
  ...common,
  metafile: true,
  entryPoints: { extension: "src/extension.ts" },
  outExtension: { ".js": ".cjs" },
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
});
await build({
  ...common,
  entryPoints: { panel: "src/panel/view/main.ts" },
  platform: "browser",
  format: "iife",
  target: "chrome120",
});

// The licences of what is in the bundle want to be with it.
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
);
const notices = [];
for (const place of [...packages].sort()) {
  const { name, version } = JSON.parse(await readFile(`${place}/package.json`, "utf8"));
  const licence = (await readdir(place)).find((file) => /^licen[cs]e/i.test(file));
  if (licence === undefined) throw new Error(`${name} has no licence`);
  notices.push(`${name} ${version}\n\n${(await readFile(`${place}/${licence}`, "utf8")).trim()}\n`);
}
await writeFile("dist/NOTICES.txt", notices.join(`\n${"-".repeat(80)}\n\n`));
await copyFile("src/panel/view/panel.css", "dist/panel.css");
