// What a page knows of one conversation: all its branches, put together from a snapshot and the events after it.

/** Text counts in characters, as the server does; JavaScript counts a character beyond the first plane twice. */
export function takeCharacters(text, count) {
  let index = 0;
  for (let taken = 0; taken < count && index < text.length; taken += 1) index += text.codePointAt(index) > 0xffff ? 2 : 1;
  return index;
}

export function countCharacters(text) {
  let count = text.length;
  for (let index = 0; index < text.length; index += 1) {
    if (text.codePointAt(index) > 0xffff) {
      count -= 1;
      index += 1;
    }
  }
  return count;
}

/** A text with a piece of it from `offset` on; what is known stays, a piece beyond the end is left out. */
export function spliced(text, length, offset, piece) {
  if (offset === length) return text + piece;
  if (offset > length || offset + countCharacters(piece) <= length) return text;
  return text.slice(0, takeCharacters(text, offset)) + piece;
}

/** Every change goes through `reset` and `take`; the rest reads. */
export class Conversation {
  details = null;
  attachments = new Map();
  draft = "";
  #messages = new Map();
  /** How many characters each growing answer has. */
  #lengths = new Map();

  reset({ messages, attachments, draft, ...details }) {
    this.details = details;
    this.draft = draft ?? "";
    this.attachments = new Map((attachments ?? []).map((one) => [one.id, one]));
    this.#messages = new Map(messages.map((one) => [one.id, one]));
    this.#lengths.clear();
  }

  /** Take an event; gives the id of the one message that has changed, or null where more may have. */
  take({ event, data }) {
    if (event === "delta") return this.#grow(data);
    if (event === "message") return this.#put(data);
    if (event === "details") this.details = { ...this.details, ...data };
    if (event === "draft") this.draft = data.content;
    if (event === "attachment") this.#attach(data);
    if (event === "attachment_removed") this.attachments.delete(data.id);
    return null;
  }

  get(id) {
    return this.#messages.get(id);
  }

  /** The messages that are shown, from the first to the last. */
  get branch() {
    const branch = [];
    let here = this.#messages.get(this.details?.shown);
    while (here) {
      branch.push(here);
      here = this.#messages.get(here.parent);
    }
    return branch.reverse();
  }

  /** The answer that is being made, in whichever branch; undefined where none is. */
  get generating() {
    return [...this.#messages.values()].find(({ response }) => response?.status === "Generating");
  }

  /** The alternatives to a message in their order, itself among them. */
  siblings({ parent, sender }) {
    return [...this.#messages.values()]
      .filter((one) => one.parent === parent && one.sender === sender)
      .sort((a, b) => a.order - b.order);
  }

  #attach(attachment) {
    if (attachment.message === null) this.attachments.set(attachment.id, attachment);
    else this.attachments.delete(attachment.id);
  }

  #grow({ message: id, offset, text }) {
    const message = this.#messages.get(id);
    if (!message) return null;
    const length = this.#lengths.get(id) ?? countCharacters(message.content);
    const content = spliced(message.content, length, offset, text);
    if (content === message.content) return id;
    this.#messages.set(id, { ...message, content });
    this.#lengths.set(id, offset === length ? length + countCharacters(text) : countCharacters(content));
    return id;
  }

  #put(message) {
    const before = this.#messages.get(message.id);
    const growing = message.response?.status === "Generating";
    // What was saved of a growing answer is shorter than what was told of it.
    const content = growing && before?.content.startsWith(message.content) ? before.content : message.content;
    this.#messages.set(message.id, { ...message, content });
    this.#lengths.delete(message.id);
    for (const { id } of message.attachments) this.attachments.delete(id);
    return before ? message.id : null;
  }
}
