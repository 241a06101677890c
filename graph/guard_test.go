package graph_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/graph"
)

// public are the root fields that anybody may use. A field belongs here only after somebody has thought
// about what a stranger can do with it.
var public = []string{
	"Query.category", "Query.categories", "Query.product", "Query.products", "Query.node", "Query.nodes",
	"Subscription.productChanged",
	"Mutation.register", "Mutation.tokenObtain", "Mutation.tokenRefresh", "Mutation.tokenVerify", "Mutation.tokenRevoke",
}

func TestEveryRootFieldIsGuardedOrPublic(t *testing.T) {
	schema := graph.Schema()
	unseen := slices.Clone(public)
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		for _, field := range root.Fields {
			name := root.Name + "." + field.Name
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			guarded := field.Directives.ForName("auth") != nil || field.Directives.ForName("admin") != nil
			isPublic := slices.Contains(public, name)
			unseen = slices.DeleteFunc(unseen, func(other string) bool { return other == name })
			switch {
			case guarded && isPublic:
				t.Errorf("%s is guarded and stands on the public list", name)
			case !guarded && !isPublic:
				t.Errorf("%s has neither @auth nor @admin and does not stand on the public list", name)
			}
			if guarded && field.Type.NonNull {
				t.Errorf("%s is guarded and not nullable: its refusal would take the rest of the answer with it", name)
			}
		}
	}
	if len(unseen) > 0 {
		t.Errorf("on the public list, but not in the schema: %v", unseen)
	}
}

func TestEveryItemIsDescribed(t *testing.T) {
	schema := graph.Schema()
	described := func(name, description string) {
		t.Helper()
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", name)
		}
	}
	for name, directive := range schema.Directives {
		if !directive.Position.Src.BuiltIn {
			described("@"+name, directive.Description)
		}
	}
	for _, def := range schema.Types {
		if def.BuiltIn {
			continue
		}
		described(def.Name, def.Description)
		for _, value := range def.EnumValues {
			described(def.Name+"."+value.Name, value.Description)
		}
		for _, field := range def.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			described(def.Name+"."+field.Name, field.Description)
			for _, argument := range field.Arguments {
				described(def.Name+"."+field.Name+"("+argument.Name+":)", argument.Description)
			}
		}
	}
}

func TestSnapshotIsCurrent(t *testing.T) {
	want, err := os.ReadFile("../schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := graph.WriteSDL(&got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("schema.graphql is not the schema that is served: run `make generate`, and look at the difference as clients will")
	}
}
