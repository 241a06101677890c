import { conversation, EXAMPLE_PASSWORD, SIGNED_IN_HEADERS } from './conversation.js';

const OPERATIONS_KEY = 'gatehouse:operations';

// How the page looks. GraphiQL would also store the variables, the history with its variables and, unless told
// otherwise, the headers: all the places where tokens and passwords turn up.
const LOOKS = new Set(
  ['theme', 'visiblePlugin', 'docExplorerFlex', 'editorFlex', 'secondaryEditorFlex'].map((name) => `graphiql:${name}`),
);

// What GraphiQL takes for localStorage. Only the looks reach the real one; the rest, such as the history, works as
// long as the page is open and goes with it.
export function createPageStorage(disk = localDisk()) {
  const memory = new Map();
  return {
    getItem: (key) => (LOOKS.has(key) ? disk.getItem(key) : (memory.get(key) ?? null)),
    setItem: (key, value) => void (LOOKS.has(key) ? disk.setItem(key, value) : memory.set(key, value)),
    removeItem: (key) => void (LOOKS.has(key) ? disk.removeItem(key) : memory.delete(key)),
    get length() {
      return memory.size;
    },
    clear() {
      memory.clear();
      for (const key of [OPERATIONS_KEY, ...LOOKS]) disk.removeItem(key);
    },
  };
}

// Keeps the text of the operations over a reload, and of everything else in a tab only whether it sent an
// Authorization header. An untouched conversation is not kept, so that a newer server can bring a newer one.
export function saveTabs(tabs, disk = localDisk()) {
  const untouched =
    tabs.length === conversation.length && tabs.every((tab, i) => tab.query === conversation[i].query);
  if (untouched) {
    disk.removeItem(OPERATIONS_KEY);
    return;
  }
  const kept = tabs.map(({ query, headers }) => ({
    query: withoutSecrets(query ?? ''),
    signedIn: /"authorization"/i.test(headers ?? ''),
  }));
  disk.setItem(OPERATIONS_KEY, JSON.stringify(kept));
}

export function loadTabs(disk = localDisk()) {
  try {
    const tabs = JSON.parse(disk.getItem(OPERATIONS_KEY));
    if (Array.isArray(tabs) && tabs.length > 0 && tabs.every((tab) => typeof tab?.query === 'string')) {
      return tabs.map(({ query, signedIn }) => (signedIn ? { query, headers: SIGNED_IN_HEADERS } : { query }));
    }
  } catch {
    // Not ours, or damaged: start over.
  }
  return conversation;
}

const JWT = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

// A name that speaks of a secret, and the string given for it: password: "x", or as a default, $password: String! = "x".
const NAMED_SECRET =
  /(\w*(?:password|token|refresh|secret)\w*\s*:\s*(?:[\w![\]]+\s*=\s*)?)("""[\s\S]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?)/gi;

// People write passwords and tokens straight into the operation, as the first two tabs teach them to.
export function withoutSecrets(query) {
  return query
    .replace(NAMED_SECRET, (all, name, value) => (value === `"${EXAMPLE_PASSWORD}"` ? all : `${name}"REMOVED"`))
    .replace(JWT, 'REMOVED');
}

// Reading localStorage throws where the visitor has forbidden it, and writing where it is full. Then nothing is kept.
function localDisk() {
  const attempt = (action) => {
    try {
      return action(globalThis.localStorage);
    } catch {
      return null;
    }
  };
  return {
    getItem: (key) => attempt((disk) => disk.getItem(key)),
    setItem: (key, value) => void attempt((disk) => disk.setItem(key, value)),
    removeItem: (key) => void attempt((disk) => disk.removeItem(key)),
  };
}
