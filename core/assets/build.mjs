// Builds scripts and styles into ../static: names with a hash of the content, .gz and .br beside each file, and
// manifest.json, written last. The fonts of PDFs go into ../static/fonts. Run by core/assets_build.py.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import * as esbuild from "esbuild";
import * as sass from "sass";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "..", "static");
const MODULES = join(HERE, "node_modules");
const BROWSERS = ["chrome90", "firefox90", "safari15"];

const GLOBALS = { "calendar.js": "marketCalendar", "chart.js": "marketChart" };
const LATER_NAMES = ["calendar.css", "calendar.js", "chart.js"];
const LATER_MARK = "what app.js may load later";

const FONTS = join(MODULES, "@expo-google-fonts", "noto-sans-sc");
const FONT_FILES = ["400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf", "LICENSE_FONT"];

const manifest = {};
const licences = new Map();

/** The npm packages among the files that went into an output, by name and version; their licences are noted. */
function packagesOf(files) {
  const found = new Map();
  for (const file of files) {
    const inside = relative(MODULES, file).split(sep);
    if (inside[0] === "..") continue;
    const name = inside[0].startsWith("@") ? inside.slice(0, 2).join("/") : inside[0];
    if (found.has(name)) continue;
    const folder = join(MODULES, name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const texts = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile() && /^(licen[cs]e|notice|copying)/i.test(each.name))
      .map((each) => readFileSync(join(each.parentPath, each.name), "utf8").trim());
    if (texts.length === 0) throw new Error(`${name} comes without a licence text`);
    found.set(name, `${name} ${version} (${license})`);
    licences.set(found.get(name), texts.join("\n\n"));
  }
  return [...found.values()].sort();
}

function write(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const hashed = `${name.slice(0, -extname(name).length)}.${hash}${extname(name)}`;
  writeFileSync(join(OUT, hashed), bytes);
  writeFileSync(join(OUT, `${hashed}.gz`), gzipSync(bytes, { level: 9 }));
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(join(OUT, `${hashed}.br`), brotliCompressSync(bytes, { params: quality }));
  manifest[name] = hashed;
}

const options = { bundle: true, minify: true, write: false, metafile: true, target: BROWSERS, legalComments: "inline" };

/** What an output is made of: its text and the packages in it. */
async function script(name) {
  const entryPoints = [join(HERE, "scripts", name)];
  const define = { LATER: JSON.stringify(LATER_MARK) };
  const form = { format: "iife", globalName: GLOBALS[name], absWorkingDir: HERE };
  const built = await esbuild.build({ ...options, ...form, entryPoints, define });
  const files = Object.keys(built.metafile.inputs).map((each) => join(HERE, each));
  return { text: built.outputFiles[0].text, packages: packagesOf(files) };
}

async function style(name) {
  const compiled = sass.compile(join(HERE, "styles", name.replace(/css$/, "scss")), {
    loadPaths: [MODULES],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
  });
  const stdin = { contents: compiled.css, loader: "css", resolveDir: HERE };
  const built = await esbuild.build({ ...options, stdin, external: ["data:*"] });
  const files = compiled.loadedUrls.map((each) => fileURLToPath(each));
  return { text: built.outputFiles[0].text, packages: packagesOf(files) };
}

const outputs = {};
for (const name of ["app.css", "calendar.css"]) outputs[name] = await style(name);
for (const name of ["calendar.js", "chart.js", "app.js"]) outputs[name] = await script(name);

mkdirSync(OUT, { recursive: true });
for (const name of readdirSync(join(HERE, "images"))) write(name, readFileSync(join(HERE, "images", name)));
const rule = "=".repeat(80);
write("licenses.txt", [...licences].sort().map(([name, text]) => `${rule}\n${name}\n${rule}\n\n${text}\n`).join("\n"));
for (const [name, { text, packages }] of Object.entries(outputs)) {
  // app.js comes last and learns what it may load later
  const later = Object.fromEntries(LATER_NAMES.map((each) => [each, manifest[each]]));
  const banner = `/*! Contains ${packages.join(", ")}; their licences: ${manifest["licenses.txt"]} */\n`;
  write(name, (packages.length ? banner : "") + text.replaceAll(JSON.stringify(LATER_MARK), JSON.stringify(later)));
}

// core/pdf.py reads them; browsers do not, so no manifest names them
mkdirSync(join(OUT, "fonts"), { recursive: true });
for (const file of FONT_FILES) {
  const copy = join(OUT, "fonts", basename(file));
  copyFileSync(join(FONTS, file), `${copy}.new`);
  renameSync(`${copy}.new`, copy);
}

writeFileSync(join(OUT, "manifest.json.new"), `${JSON.stringify(manifest, null, 2)}\n`);
renameSync(join(OUT, "manifest.json.new"), join(OUT, "manifest.json"));
const kept = new Set(Object.values(manifest).flatMap((name) => [name, `${name}.gz`, `${name}.br`]));
for (const name of readdirSync(OUT)) {
  if (!kept.has(name) && !["manifest.json", "fonts"].includes(name) && !name.startsWith(".")) rmSync(join(OUT, name));
}
