// The editor and the dialogs write their style sheets from script. The content security policy lets in no style
// element without this answer's nonce, and none of those libraries can be told it; so every style element made by
// script gets it here. One that arrives as markup, say in a description, does not, and stays without effect.
const nonce = document.querySelector('meta[property="csp-nonce"]').nonce;
const createElement = document.createElement;

document.createElement = function (...args) {
  const element = createElement.apply(this, args);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
