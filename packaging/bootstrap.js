// The first module of a Linux executable: unpacks the program once, whole or
// not at all, and goes on to it. `PROGRAM` stands before this text: `sum` is the
// SHA-256 of all files behind one another, `files` their names and sizes, `at`
// and `length` where the executable has them, packed by Brotli.

const folder = Deno.realPathSync(Deno.env.get("DENO_DIR"));
const app = `${folder}/app`;

async function sumOf(bytes) {
  const sum = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(sum).toHex();
}

/** Fills `bytes` from `path`, from the offset `at` on; false if it is shorter. */
function read(path, bytes, at = 0) {
  using file = Deno.openSync(path);
  if (at > 0) file.seekSync(at, Deno.SeekMode.Start);
  for (let end = 0; end < bytes.length;) {
    const count = file.readSync(bytes.subarray(end));
    if (count === null) return false;
    end += count;
  }
  return true;
}

// The name of this run of the machine, by the stub; "" where there is none.
const boot = Deno.env.get("DUNLIN_BOOT_ID");

/**
 * Whether all files are there with their sizes. Their bytes are compared once
 * after each start of the machine: only its fall tears files of the same size.
 */
async function isWhole() {
  try {
    for (const [name, length] of PROGRAM.files) {
      if (Deno.statSync(`${app}/${name}`).size !== length) return false;
    }
    if (isCompared()) return true;
    if (!await isSame()) return false;
  } catch {
    return false;
  }
  noteCompared();
  return true;
}

const noted = `${folder}/compared`;

function isCompared() {
  try {
    return boot !== "" && Deno.readTextFileSync(noted) === boot;
  } catch {
    return false;
  }
}

function noteCompared() {
  try {
    Deno.writeTextFileSync(noted, boot);
  } catch {
    // A cache that cannot be written is compared at each start.
  }
}

/** Whether no file differs. */
async function isSame() {
  const bytes = new Uint8Array(PROGRAM.size);
  let end = 0;
  for (const [name, length] of PROGRAM.files) {
    const part = bytes.subarray(end, end += length);
    if (!read(`${app}/${name}`, part)) return false;
  }
  return await sumOf(bytes) === PROGRAM.sum;
}

async function unpack() {
  const packed = new Uint8Array(PROGRAM.length);
  read(Deno.execPath(), packed, PROGRAM.at);
  const plain = new Blob([packed]).stream()
    .pipeThrough(new DecompressionStream("brotli"));
  const bytes = await new Response(plain).bytes().catch(() => null);
  if (bytes === null || await sumOf(bytes) !== PROGRAM.sum) {
    throw new Error(`${Deno.execPath()} is damaged; download it again`);
  }
  const fresh = `${folder}/new-${crypto.randomUUID()}`;
  Deno.mkdirSync(fresh, { mode: 0o700 });
  let end = 0;
  for (const [name, length] of PROGRAM.files) {
    const part = bytes.subarray(end, end += length);
    Deno.writeFileSync(`${fresh}/${name}`, part, { createNew: true });
  }
  await place(fresh);
  noteCompared();
}

/** Moves `fresh` to its place, unless another start was faster. */
async function place(fresh) {
  for (;;) {
    try {
      return Deno.renameSync(fresh, app);
    } catch (error) {
      // What is there is whole, by another start; or torn, and gives way.
      if (await isWhole()) return Deno.removeSync(fresh, { recursive: true });
      const torn = `${folder}/new-${crypto.randomUUID()}`;
      try {
        Deno.renameSync(app, torn);
      } catch (reason) {
        if (reason instanceof Deno.errors.NotFound) continue;
        throw error;
      }
      Deno.removeSync(torn, { recursive: true });
    }
  }
}

/** Locks a cache; null if it is locked. Each program that runs shares its lock. */
function lock(cache, isExclusive) {
  const file = Deno.openSync(`${cache}/app/main.js`);
  if (file.tryLockSync(isExclusive)) return file;
  file.close();
  return null;
}

/** How long a start may take to unpack (ms). */
const HOUR = 3_600_000;

/** Removes remains, and the caches of other builds that nothing runs from. */
function tidy() {
  each(folder, /^new-/, (path) => {
    const age = Date.now() - Deno.statSync(path).mtime.getTime();
    if (age > HOUR) Deno.removeSync(path, { recursive: true });
  });
  const caches = folder.slice(0, folder.lastIndexOf("/"));
  each(caches, /^dunlin-[0-9a-f]{16}$/, (path) => {
    using held = path === folder ? null : lock(path, true);
    if (held !== null) Deno.removeSync(path, { recursive: true });
  });
}

/** Calls `use` with each path in `parent` that has such a name. */
function each(parent, names, use) {
  attempt(() => {
    for (const { name } of Deno.readDirSync(parent)) {
      if (names.test(name)) attempt(() => use(`${parent}/${name}`));
    }
  });
}

function attempt(work) {
  try {
    work();
  } catch {
    // Another user's, or another start's: no start fails for it.
  }
}

try {
  if (!await isWhole()) {
    await unpack();
    tidy();
  }
} catch (error) {
  console.error(
    `dunlin: cannot unpack the program to ${folder}: ${error.message}
  set DUNLIN_CACHE to a folder that this user can write`,
  );
  Deno.exit(1);
}

// Kept until the process ends. A cache that cannot be locked is never removed.
lock(folder, false);
const path = app.split("/").map(encodeURIComponent).join("/");
await import(`file://${path}/main.js`);
