// The files of a drop, those inside of folders too.

const DEEPEST = 8;
const MOST_SEEN = 50_000;

/**
 * What somebody drops: `{files, left, isCut}`. What lies in a folder is taken where it is of `types` (as in `accept`);
 * `left` counts what is not, what is deeper than eight folders, and what cannot be opened; hidden files are passed
 * over. `isCut`: there are more than `most`, and the rest was not looked at. To be called while the event is handled:
 * a browser tells no more about a drop afterwards.
 */
export async function droppedFiles(transfer, { types, most }) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const dropped = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const walk = new Walk(types, most);
  for (const { entry, file } of dropped) {
    if (entry?.isDirectory) await walk.enter(entry);
    else if (file) walk.files.push(file);
  }
  return walk;
}

class Walk {
  files = [];
  left = 0;
  isCut = false;
  #types;
  #most;
  #seen = 0;

  constructor(types, most) {
    this.#types = types.split(",");
    this.#most = most;
  }

  async enter(folder, depth = 1) {
    for (const entry of await this.#open(() => entriesOf(folder)) ?? []) {
      this.#seen += 1;
      if (this.files.length >= this.#most || this.#seen > MOST_SEEN) this.isCut = true;
      if (this.isCut) return;
      if (isHidden(entry)) continue;
      if (entry.isFile) await this.#take(entry);
      else if (depth < DEEPEST) await this.enter(entry, depth + 1);
      else this.left += 1;
    }
  }

  async #take(entry) {
    const file = await this.#open(() => new Promise((resolve, reject) => entry.file(resolve, reject)));
    if (!file) return;
    if (this.#types.some((type) => isOf(file, type))) this.files.push(file);
    else this.left += 1;
  }

  async #open(work) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.left += 1;
      return null;
    }
  }
}

/** All that is in a folder, by name. Browsers give it in parts. */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length || entries.length > MOST_SEEN) break;
    entries.push(...part);
  }
  return entries.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** Files of the system, and what office programs keep beside a file that is open. */
function isHidden({ name }) {
  return name.startsWith(".") || name.startsWith("~$");
}

function isOf({ name, type }, wanted) {
  if (wanted.startsWith(".")) return name.toLowerCase().endsWith(wanted);
  return wanted.endsWith("/*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}
