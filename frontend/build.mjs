// Bundles the pages' style sheet, script and icons under names that carry their content's hash,
// and writes manifest.json, which maps the plain name of each to the hashed one.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { constants, brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const output = join(here, "../src/laidan/interfaces/web/static/web");
// What esbuild may assume: the light-dark() function sets the floor for the style sheet anyway.
const browsers = ["chrome123", "edge123", "firefox120", "safari17.5"];

async function script(name) {
  const result = await esbuild.build({
    entryPoints: [join(here, `src/${name}.ts`)],
    bundle: true,
    format: "iife",
    legalComments: "none",
    minify: true,
    target: browsers,
    write: false,
  });
  return result.outputFiles[0].contents;
}

async function styleSheet() {
  const compiled = await sass.compileAsync(join(here, "src/styles/app.scss"), {
    importers: [new sass.NodePackageImporter(here)],
    loadPaths: [join(here, "node_modules")],
    quietDeps: true,
    // Tabler's own sources, which we cannot mend here, trip these.
    silenceDeprecations: ["import", "if-function"],
    url: pathToFileURL(here),
  });
  const minified = await esbuild.transform(compiled.css, {
    legalComments: "none",
    loader: "css",
    minify: true,
    target: browsers,
  });
  return Buffer.from(minified.code);
}

async function iconSprite() {
  const list = await readFile(join(here, "icons.txt"), "utf8");
  const names = list.split("\n").filter((line) => line && !line.startsWith("#"));
  const symbols = await Promise.all(names.map(iconSymbol));
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`,
  );
}

async function iconSymbol(name) {
  const file = join(here, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
  const svg = await readFile(file, "utf8").catch(() => {
    throw new Error(`icons.txt names "${name}", which Tabler does not have`);
  });
  const shapes = svg
    .replace(/<!--.*?-->/gs, "")
    .replace(/^.*?<svg[^>]*>|<\/svg>\s*$/gs, "")
    .replace(/\s+/g, " ")
    .trim();
  return (
    `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" ` +
    `stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`
  );
}

async function write(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const hashed = name.replace(/(\.\w+)$/, `.${hash}$1`);
  const path = join(output, hashed);
  await writeFile(path, content);
  await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  const brotli = brotliCompressSync(content, { params: quality });
  await writeFile(`${path}.br`, brotli);
  const sizes = [content.length, brotli.length].map((size) => (size / 1024).toFixed(0));
  console.log(`  ${hashed}  ${sizes[0]} kB, ${sizes[1]} kB compressed`);
  return hashed;
}

const mark = readFile(join(here, "src/mark.svg"));
const made = [styleSheet(), script("app"), script("charts"), iconSprite(), mark];
const parts = await Promise.all(made);
await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
const manifest = {};
for (const [index, name] of ["app.css", "app.js", "charts.js", "icons.svg", "mark.svg"].entries()) {
  manifest[name] = await write(name, parts[index]);
}
await writeFile(join(output, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
