// Package playground serves the GraphQL playground: GraphiQL, built from ui/ and embedded, that works without any
// other host. It talks to /graphql of its own origin and to nothing else, and the content security policy holds it to
// that.
package playground

import (
	"bytes"
	"crypto/rand"
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// What "make playground" leaves in dist. A fresh checkout has .gitkeep alone, so that this compiles.
//
//go:embed all:dist
var dist embed.FS

// Where index.html wants the nonce of the answer; see ui/index.html.
const noncePlaceholder = "__CSP_NONCE__"

// The policy of the page, with NONCE yet to be filled in. Everything is refused that is not named here, and where it
// goes beyond 'self' it does so for the editor, Monaco:
//
//   - style-src needs the nonce because Monaco and the dialogs make style elements from script. ui/src/nonce.js gives
//     it to those and to no others.
//   - style-src-attr needs 'unsafe-inline' because Monaco writes the lines of text as HTML with style attributes that
//     position them. Such an attribute can neither select another element nor load anything from elsewhere.
//   - img-src needs data: because Monaco's style sheets hold small images, such as the wave under a mistake.
const pagePolicy = "default-src 'none'; " +
	"script-src 'self'; " +
	"style-src 'self' 'nonce-NONCE'; " +
	"style-src-attr 'unsafe-inline'; " +
	"font-src 'self'; " +
	"img-src 'self' data:; " +
	"connect-src 'self'; " +
	"worker-src 'self'; " +
	"base-uri 'none'; " +
	"form-action 'none'; " +
	"frame-ancestors 'none'"

// The policy of all other answers. Only a worker's script heeds it: a worker needs nothing, and so gets nothing.
const assetPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const unbuilt = "The playground is not built in: run `make playground` and build again. The API is at /graphql.\n"

// Handler serves the playground at / and its assets at /assets/; anything else is not found. Built without the assets,
// it answers / with one line that says how to get them.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant, and valid
	}
	return handler(files)
}

func handler(files fs.FS) http.Handler {
	index, err := fs.ReadFile(files, "index.html")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		panic(err) // a file system in memory fails at nothing else
	}
	assets := http.FileServerFS(files)

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", assetPolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")

		asset := strings.TrimPrefix(r.URL.Path, "/")
		if r.URL.Path != "/" && !isAsset(files, asset) {
			h.Set("Cache-Control", "no-cache")
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		if r.URL.Path == "/" {
			serveIndex(w, index)
			return
		}
		serveAsset(w, r, files, assets, asset)
	})
}

func serveIndex(w http.ResponseWriter, index []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if index == nil {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(unbuilt)) // a client that has gone away is not our concern, here and below
		return
	}
	nonce := rand.Text()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strings.Replace(pagePolicy, "NONCE", nonce, 1))
	_, _ = w.Write(bytes.ReplaceAll(index, []byte(noncePlaceholder), []byte(nonce)))
}

func serveAsset(w http.ResponseWriter, r *http.Request, files fs.FS, assets http.Handler, name string) {
	h := w.Header()
	// The name changes with the content, so what is under this name never does.
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", contentType(name))
	h.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r) && isFile(files, name+".gz") {
		h.Set("Content-Encoding", "gzip")
		r = r.Clone(r.Context())
		r.URL.Path = "/" + name + ".gz"
	}
	assets.ServeHTTP(w, r)
}

// isAsset keeps everything but the files of assets/ unseen: directories, whose listing http.FileServerFS would show,
// .gitkeep, and index.html, which has no nonce before serveIndex gives it one.
func isAsset(files fs.FS, name string) bool {
	return strings.HasPrefix(name, "assets/") && isFile(files, name)
}

func isFile(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name) // refuses names with "..", "//" and the like
	return err == nil && info.Mode().IsRegular()
}

// contentType knows what the build makes. The mime package would ask the machine's own tables, which differ, and with
// nosniff a script by another name does not run.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".ttf":
		return "font/ttf"
	default:
		return "application/octet-stream"
	}
}

// acceptsGzip reads Accept-Encoding no further than it needs: a client that lists gzip takes it, unless with weight 0.
func acceptsGzip(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			name, weight, weighted := strings.Cut(coding, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				return !weighted || strings.Trim(weight, "q=0. ") != ""
			}
		}
	}
	return false
}
