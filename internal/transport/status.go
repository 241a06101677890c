package transport

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql/errcode"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// statusPartial is the specification's own status for an answer that has both data and errors.
const statusPartial = 294

// statusOf is the HTTP status of an answer to a request that was understood. Where it matters what clients have come to
// expect, plain JSON is 200 even when nothing was executed, since older clients do not read the body of anything else.
func (g *GraphQL) statusOf(a answer, media string) int {
	switch {
	case a.outcome == outcomeBroken:
		return http.StatusInternalServerError
	case g.SpecStatus:
		return specStatusOf(a, media)
	case (a.outcome == outcomeRefused || a.outcome == outcomeLate) && media == mediaResponse:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// specStatusOf is what section 5.4 of the GraphQL over HTTP specification says. Its 294 is only for clients that know the
// media type, as its section 6.1 advises: of others, some take nothing but 200 for success.
func specStatusOf(a answer, media string) int {
	switch {
	case a.outcome == outcomeLate:
		return http.StatusServiceUnavailable
	case a.outcome == outcomeRefused && a.response.code() == fault.Internal:
		return http.StatusInternalServerError
	case a.outcome == outcomeRefused && a.response.code() == errcode.ParseFailed:
		return http.StatusBadRequest
	case a.outcome == outcomeRefused:
		return http.StatusUnprocessableEntity
	case len(a.response.Errors) > 0 && media == mediaResponse:
		return statusPartial
	}
	return http.StatusOK
}
