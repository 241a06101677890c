import './nonce.js';
import './workers.js';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css'; // graphiql/style.css would bring Monaco's a second time, and two web fonts
import './main.css';

import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import icon from './icon.svg';
import { createFetch } from './fetch.js';
import { createFetcher } from './fetcher.js';
import { createPageStorage, loadTabs, saveTabs } from './storage.js';

// Nothing here, nor in GraphiQL, reads the page's own address: a link to this page cannot choose the endpoint, the
// operation or the headers.
const { fetcher, stop } = createFetcher(createFetch());
const storage = createPageStorage();
const tabs = loadTabs();

let activeTab;

function onTabChange({ tabs, activeTabIndex }) {
  saveTabs(tabs);
  // What a stream tells belongs under its own operation. GraphiQL itself forgets that when a tab is added.
  if (tabs[activeTabIndex].id !== activeTab) stop();
  activeTab = tabs[activeTabIndex].id;
}

// The style sheets follow the system from light to dark by themselves, the editors only when their theme is set anew.
function FollowSystemTheme() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => theme === null && setTheme(null);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, [theme, setTheme]);
  return null;
}

// Makes the editors at home with tokens, which are longer than any window is wide: lines wrap, and as hyphens and full
// stops do not end a word, a double click selects the whole of a token or of the placeholder for one.
function TokenFriendlyEditors() {
  const editors = useGraphiQL(({ queryEditor, variableEditor, headerEditor, responseEditor }) => [
    queryEditor,
    variableEditor,
    headerEditor,
    responseEditor,
  ]);
  useEffect(() => {
    for (const editor of editors) {
      editor?.updateOptions({ wordWrap: 'on', wordSeparators: '`~!@#$%^&*()=+[{]}\\|;:\'",<>/?' });
    }
  }, [editors]);
  return null;
}

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={fetcher}
    storage={storage}
    defaultTabs={tabs}
    initialHeaders={tabs[0].headers ?? ''}
    onTabChange={onTabChange}
    shouldPersistHeaders={false}
    defaultEditorToolsVisibility="headers"
  >
    <GraphiQL.Logo>
      <img src={icon} alt="" />
      Gatehouse
    </GraphiQL.Logo>
    <FollowSystemTheme />
    <TokenFriendlyEditors />
  </GraphiQL>,
);
