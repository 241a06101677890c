package graph

import (
	"context"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/gatehouse/gatehouse/internal/bounded"
)

// document is a document that may be executed: it parses, it keeps to the limits, and it is valid. It does not change, but
// for the plans that are made for it.
type document struct {
	text   string
	doc    *ast.QueryDocument
	tokens int
	plans  *plans
}

// Bounds for the documents that are kept. A node is a selection or a value; with what belongs to it, it takes 200 to 400
// bytes. With each document there is room for the plans of as many steps as it has nodes, twice over, and a few more.
const (
	cachedDocuments = 512
	cachedBytes     = 32 << 20
	bytesPerNode    = 400
	stepsPerNode    = 2
	fewSteps        = 64
)

// reader reads documents. Those that it has read it knows again. It is safe for concurrent use.
type reader struct {
	schema  *ast.Schema
	limits  Limits
	suggest bool // whether a mistake may suggest names of the schema
	known   *bounded.Cache[*document]
	rules   documentRules
	told    func(known bool) // of each document that is asked for; nil: nobody is
}

func newReader(schema *ast.Schema, l Limits, suggest bool) *reader {
	return &reader{schema: schema, limits: l, suggest: suggest, known: bounded.New[*document](cachedDocuments, cachedBytes), rules: newDocumentRules()}
}

// read reads a document. What is cheap comes first, so that what is expensive is done for documents only that keep to the
// limits.
func (r *reader) read(text string) (*document, gqlerror.List) {
	known, ok := r.known.Get(text)
	if r.told != nil {
		r.told(ok)
	}
	if ok {
		return known, nil
	}
	tokens, longest := scan(text, r.limits.Tokens)
	if tokens > r.limits.Tokens {
		return nil, gqlerror.List{exceeded(limitTokens, r.limits.Tokens, "The document has more than %d tokens.")}
	}
	doc, err := parse(text)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	if err := newStructure(doc).check(r.limits); err != nil {
		return nil, gqlerror.List{err}
	}
	if errs := r.validate(doc, r.suggest && longest <= maxSuggested); errs != nil {
		return nil, errs
	}
	if errs := checkMerges(r.schema, doc, r.limits); errs != nil {
		return nil, errs
	}
	nodes := makeExact(doc)
	steps := stepsPerNode*nodes + fewSteps
	read := &document{text: text, doc: doc, tokens: tokens, plans: newPlans(doc, steps)}
	r.known.Add(text, read, bytesPerNode*nodes+bytesPerStep*steps)
	return read, nil
}

// CheckDocument finds out whether a document may be executed here, within the limits: a function for documents that are known
// beforehand. Its error says what is wrong, and where.
func CheckDocument(l Limits) func(text string) error {
	r := newReader(Schema(), l.orDefault(), true)
	r.known = bounded.New[*document](1, 1) // each is checked once
	return func(text string) error {
		_, mistakes := r.read(text)
		if mistakes == nil {
			return nil
		}
		first := mistakes[0]
		if len(first.Locations) > 0 {
			return fmt.Errorf("line %d, column %d: %s", first.Locations[0].Line, first.Locations[0].Column, first.Message)
		}
		return errors.New(first.Message)
	}
}

// scan counts the tokens of a document, to one more than there may be, and finds the longest of them, in bytes, that is
// no comment. What is no token ends the document: it is for the parser to say so.
func scan(text string, most int) (tokens, longest int) {
	l := lexer.New(&ast.Source{Input: text})
	for tokens <= most {
		token, err := l.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			break
		}
		tokens++
		if token.Kind != lexer.Comment {
			longest = max(longest, len(token.Value))
		}
	}
	return tokens, longest
}

func parse(text string) (*ast.QueryDocument, *gqlerror.Error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	var mistake *gqlerror.Error
	switch {
	case errors.As(err, &mistake):
		errcode.Set(mistake, errcode.ParseFailed)
		return nil, mistake
	case err != nil:
		return nil, gqlerror.Wrap(err)
	case len(doc.Operations) == 0:
		return nil, validationFailed("no operation provided")
	}
	return doc, nil
}

func validationFailed(message string) *gqlerror.Error {
	err := gqlerror.Errorf("%s", message)
	errcode.Set(err, errcode.ValidationFailed)
	return err
}

// documentExtension is where an operation has its document among the extensions of its statistics.
const documentExtension = "Document"

type documentKey struct{}

// withDocument is the context of a request whose document was read.
func withDocument(ctx context.Context, d *document) context.Context {
	return context.WithValue(ctx, documentKey{}, d)
}

func documentFrom(ctx context.Context) *document {
	d, _ := ctx.Value(documentKey{}).(*document)
	return d
}

// handedOver has gqlgen's executor take the document that was read for a request, where it would look whether it knows
// the text.
type handedOver struct{}

// Get is the document of the request. Where none was read there is nothing in it to be executed.
func (handedOver) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	d := documentFrom(ctx)
	if d == nil {
		return &ast.QueryDocument{}, true
	}
	return d.doc, true
}

// Add keeps nothing: the reader does.
func (handedOver) Add(context.Context, string, *ast.QueryDocument) {}
