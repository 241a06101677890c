package graph

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// Limits are what one request may ask for at the most. The zero Limits stand for DefaultLimits.
type Limits struct {
	Tokens              int // lexical tokens in a document
	Depth               int // fields nested in one another; introspection is exempt
	Aliases             int // in an operation and the fragments it uses
	Directives          int // likewise
	RootFields          int // fields of Query or Mutation in one operation
	CredentialMutations int // of credentialMutations in one operation
	Complexity          int // objects an answer may hold, by estimate
	RequestErrors       int // mistakes that are told of a request that is not executed
}

// DefaultLimits are limits that no client needs to exceed.
func DefaultLimits() Limits {
	return Limits{
		Tokens: 2000, Depth: 12, Aliases: 15, Directives: 10, RootFields: 20, CredentialMutations: 1, Complexity: 1000, RequestErrors: 5,
	}
}

func (l Limits) orDefault() Limits {
	if l == (Limits{}) {
		return DefaultLimits()
	}
	return l
}

// Limits that nobody has a reason to change.
const (
	maxNesting              = 50 // objects and lists nested in one another, in the variables and in literals
	maxIntrospectionAliases = 0  // nothing is reckoned below __schema and __type, so nothing may be asked for twice there
	comparisonsPerToken     = 50 // steps that it may take to find out whether fields can be merged, for each token that a document may have
)

// The names of the limits, as clients are told them at extensions.limit and extensions.cost.
const (
	limitTokens               = "tokens"
	limitNesting              = "nesting"
	limitDepth                = "depth"
	limitAliases              = "aliases"
	limitIntrospectionAliases = "introspectionAliases"
	limitDirectives           = "directives"
	limitRootFields           = "rootFields"
	limitCredentialMutations  = "credentialMutations"
	limitComplexity           = "complexity"
	limitComparisons          = "comparisons"
	limitTimeout              = "timeout" // in milliseconds
)

// exceeded refuses what exceeds a limit. The format of the message has a %d for it.
func exceeded(name string, most int, format string) *gqlerror.Error {
	return refused(nil, fault.Exceeded(name, int64(most), fmt.Sprintf(format, most)))
}

func tooManyCredentials(most int) *gqlerror.Error {
	return exceeded(limitCredentialMutations, most, "The operation has more than %d of the fields "+strings.Join(credentialMutations, ", ")+".")
}
