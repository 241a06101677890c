import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

// The page and the API have one origin, as the cookie of the refresh token is easiest kept: /graphql is passed on, and
// WebSockets with it. The Host header must stay what the browser sent (changeOrigin would replace it), because the server
// compares it with the Origin.
const proxy = {
  '/graphql': { target: process.env['GATEHOUSE_URL'] ?? 'http://127.0.0.1:8080', changeOrigin: false, ws: true },
};

// An API of another origin, for builds that are served apart from it: https://api.shop.example/graphql, for instance.
const api = process.env['VITE_GATEHOUSE_API'];
const origins = api === undefined ? '' : ` ${new URL(api).origin} ${new URL(api).origin.replace(/^http/, 'ws')}`;

// Foreign scripts are what the access token has to fear, so the built page runs none but its own. (The development
// server has some of its own making in the page.)
const policy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: {
        'http-equiv': 'Content-Security-Policy',
        content: `default-src 'self'; connect-src 'self'${origins}; object-src 'none'; base-uri 'none'; form-action 'none'`,
      },
      injectTo: 'head-prepend',
    },
  ],
};

export default defineConfig({
  base: './', // the files work in any folder of a server
  plugins: [react(), policy],
  build: { target: 'es2023', modulePreload: { polyfill: false } },
  server: { proxy },
  preview: { proxy },
});
