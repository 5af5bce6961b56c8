// Files, streams, workers and child processes.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { execFileSync, spawnSync, spawn, fork } = require("child_process");
const { Worker, isMainThread, parentPort } = require("worker_threads");

if (process.argv[2] === "child") {
  process.on("message", (m) => process.send({ doubled: m.n * 2 }, () => process.exit(6)));
} else if (!isMainThread) {
  parentPort.postMessage(fs.readFileSync("data.txt", "utf8").length);
} else {
  main().then((code) => process.exit(code));
}

async function main() {
  fs.mkdirSync("a/b", { recursive: true });
  fs.writeFileSync("data.txt", "one\ntwo\n", { mode: 0o640 });
  fs.appendFileSync("data.txt", "three\n");
  fs.copyFileSync("data.txt", "a/copy.txt");
  fs.symlinkSync("copy.txt", "a/link");
  fs.renameSync("a/copy.txt", "a/b/moved.txt");
  fs.linkSync("a/b/moved.txt", "a/hard.txt");
  fs.chmodSync("a/hard.txt", 0o600);
  fs.utimesSync("a/hard.txt", 1000000000, 1000000000);
  console.log(fs.readdirSync(".", { recursive: true }).sort().join(" "));
  console.log(fs.statSync("a/b/moved.txt").mtime.toISOString());
  for (const f of ["a/link", "none", "data.txt/x"]) {
    try {
      fs.readFileSync(f);
    } catch (e) {
      console.log(e.code, e.path);
    }
  }
  const files = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    const name = path.join("a", `f${i}`);
    await fs.promises.writeFile(name, String(i));
    const text = await fs.promises.readFile(name, "utf8");
    await fs.promises.unlink(name);
    return Number(text);
  }));
  console.log("sum", files.reduce((x, y) => x + y));
  const tmp = fs.mkdtempSync(path.join(os.tmpdir(), "node-"));
  fs.rmSync(tmp, { recursive: true });

  console.log(execFileSync("sort", ["-r", "data.txt"], { encoding: "utf8" }).trim());
  const shell = spawnSync("echo to out; echo to err >&2; exit 3", { shell: true, encoding: "utf8" });
  console.log(shell.status, shell.stdout.trim(), shell.stderr.trim());
  const missing = spawnSync("/nonexistent/program");
  console.log(missing.error.code);

  const cat = spawn("cat");
  const wc = spawn("wc", ["-c"]);
  cat.stdout.pipe(wc.stdin);
  cat.stdin.end("x".repeat(100000));
  let counted = "";
  wc.stdout.on("data", (d) => (counted += d));
  await new Promise((done) => wc.on("close", done));
  console.log("piped", counted.trim());

  const child = fork(__filename, ["child"]);
  child.send({ n: 21 });
  child.on("message", (m) => console.log("forked", m.doubled));
  console.log("exit", await new Promise((done) => child.on("exit", done)));

  const size = await new Promise((done) => new Worker(__filename).on("message", done));
  console.log("worker", size);
  console.error("to standard error");
  return 8;
}
