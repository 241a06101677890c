package graph

import (
	"context"
	"testing"
)

// Whatever gqlgen's executor is asked to execute without a document having been read: there is nothing in it.
func TestNothingIsExecutedThatWasNotRead(t *testing.T) {
	doc, ok := handedOver{}.Get(context.Background(), "{ __typename }")
	if !ok || len(doc.Operations) != 0 {
		t.Errorf("%v, %v", doc, ok)
	}
}
