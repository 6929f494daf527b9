// Says what is wrong with the names in a prompt while it is written; the server decides in the end.

const NAME = /\{\{(?:\s*([a-z_]+(?:\.[a-z_]+)*)\s*\}\})?/g;

/** What is wrong, in the words of the server; nothing where it can be filled from `names`. */
export function templateProblems(text, names) {
  const found = [...text.matchAll(NAME)].map(([, name]) => name);
  if (found.includes(undefined)) return ["{{ begins a name and has to be closed, as in {{document.title}}."];
  const unknown = [...new Set(found)].filter((name) => !names.includes(name));
  return unknown.map((name) => `There is nothing called {{${name}}}. There are: ${names.join(", ")}.`);
}
