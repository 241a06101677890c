package graph

import (
	"context"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql/introspection"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/graph/compiled"
	"github.com/gatehouse/gatehouse/graph/generated"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/token"
)

// answers say of each field of the schema, but those of Subscription, how it is written by a plan.
// What a resolver says about a field is said here by the same function.
func answers(r *Resolver) compiled.Types {
	types := compiled.Types{
		"Query": {
			"__schema":    compiled.Answer[introspection.Schema](),
			"__type":      compiled.Answer[introspection.Type](),
			"auditEvents": compiled.Answer[page.Connection[*ent.AuditEvent]](),
			"category":    compiled.Answer[ent.Category](),
			"categories":  compiled.Answer[page.Connection[*ent.Category]](),
			"node":        compiled.Any(),
			"nodes":       compiled.Anything[generated.Node](),
			"product":     compiled.Answer[ent.Product](),
			"products":    compiled.Answer[page.Connection[*ent.Product]](),
			"sessions":    compiled.Answers[ent.Session](),
			"me":          compiled.Answer[ent.User](),
			"users":       compiled.Answer[page.Connection[*ent.User]](),
		},
		"Mutation": {
			"categoryCreate":     compiled.Answer[generated.CategoryPayload](),
			"categoryUpdate":     compiled.Answer[generated.CategoryPayload](),
			"categoryDelete":     compiled.Answer[generated.CategoryDeletePayload](),
			"productCreate":      compiled.Answer[generated.ProductPayload](),
			"productUpdate":      compiled.Answer[generated.ProductPayload](),
			"productDelete":      compiled.Answer[generated.ProductDeletePayload](),
			"productsBulkUpsert": compiled.Answer[generated.ProductsBulkPayload](),
			"register":           compiled.Answer[generated.RegisterPayload](),
			"profileUpdate":      compiled.Answer[generated.ProfileUpdatePayload](),
			"passwordChange":     compiled.Answer[generated.PasswordChangePayload](),
			"userUpdate":         compiled.Answer[generated.UserPayload](),
			"logout":             compiled.Answer[generated.LogoutPayload](),
			"sessionRevoke":      compiled.Answer[generated.SessionRevokePayload](),
			"tokenObtain":        compiled.Answer[account.Tokens](),
			"tokenRefresh":       compiled.Answer[account.Tokens](),
			"tokenVerify":        compiled.Answer[account.Verdict](),
			"tokenRevoke":        compiled.Answer[generated.TokenRevokePayload](),
		},
	}
	for _, some := range []compiled.Types{catalogueAnswers(r), accountAnswers(r), tokenAnswers(), listAnswers(), payloadAnswers(), introspectionAnswers()} {
		for name, fields := range some {
			types[name] = fields
		}
	}
	return types
}

// nodeType is the name of the type of a Node.
func nodeType(value any) string {
	switch value.(type) {
	case *ent.User:
		return "User"
	case *ent.Session:
		return "Session"
	case *ent.Category:
		return "Category"
	case *ent.Product:
		return "Product"
	case *ent.AuditEvent:
		return "AuditEvent"
	}
	return ""
}

func accountAnswers(r *Resolver) compiled.Types {
	return compiled.Types{
		"User": {
			"id":         compiled.ID(func(u *ent.User) int64 { return u.ID }),
			"username":   compiled.Text(func(u *ent.User) string { return u.Username }),
			"email":      compiled.Text(func(u *ent.User) string { return u.Email }),
			"firstName":  compiled.Text(func(u *ent.User) string { return u.FirstName }),
			"lastName":   compiled.Text(func(u *ent.User) string { return u.LastName }),
			"isActive":   compiled.Bool(func(u *ent.User) bool { return u.IsActive }),
			"isStaff":    compiled.Bool(func(u *ent.User) bool { return u.IsStaff }),
			"dateJoined": compiled.Moment(func(u *ent.User) time.Time { return u.DateJoined }),
			"lastLogin":  compiled.MomentIfAny(func(u *ent.User) *time.Time { return u.LastLogin }),
		},
		"Session": {
			"id":         compiled.ID(func(s *ent.Session) int64 { return s.ID }),
			"createdAt":  compiled.Moment(func(s *ent.Session) time.Time { return s.CreatedAt }),
			"lastUsedAt": compiled.Moment(func(s *ent.Session) time.Time { return s.LastUsedAt }),
			"expiresAt":  compiled.Moment(func(s *ent.Session) time.Time { return s.ExpiresAt }),
			"ipAddress":  compiled.TextIfAny(func(s *ent.Session) *string { return s.IPAddress }),
			"userAgent":  compiled.TextIfAny(func(s *ent.Session) *string { return s.UserAgent }),
			"current":    compiled.BoolFor(func(ctx context.Context, s *ent.Session) (bool, error) { return r.Session().Current(ctx, s) }),
		},
		"AuditEvent": {
			"id":        compiled.ID(func(e *ent.AuditEvent) int64 { return e.ID }),
			"kind":      compiled.Name(func(e *ent.AuditEvent) auditevent.Kind { return e.Kind }),
			"actor":     compiled.Object(func(e *ent.AuditEvent) *ent.User { return e.Actor }),
			"subject":   compiled.Object(func(e *ent.AuditEvent) *ent.User { return e.Subject }),
			"sessionId": compiled.IDIfAny(func(e *ent.AuditEvent) *int64 { return e.SessionID }),
			"ipAddress": compiled.TextIfAny(func(e *ent.AuditEvent) *string { return e.IPAddress }),
			"userAgent": compiled.TextIfAny(func(e *ent.AuditEvent) *string { return e.UserAgent }),
			"requestId": compiled.TextIfAny(func(e *ent.AuditEvent) *string { return e.RequestID }),
			"createdAt": compiled.Moment(func(e *ent.AuditEvent) time.Time { return e.CreatedAt }),
		},
	}
}

func tokenAnswers() compiled.Types {
	return compiled.Types{
		"TokenObtainPayload":  tokens(true),
		"TokenRefreshPayload": tokens(false),
		"TokenVerifyPayload": {
			"isValid":   compiled.Bool(func(v *account.Verdict) bool { return v.IsValid }),
			"reason":    compiled.NameIfAny(func(v *account.Verdict) *token.Reason { return v.Reason }, func(r token.Reason) string { return string(r) }),
			"tokenType": compiled.NameIfAny(func(v *account.Verdict) *token.Type { return v.TokenType }, func(t token.Type) string { return strings.ToUpper(string(t)) }),
			"expiresAt": compiled.MomentIfAny(func(v *account.Verdict) *time.Time { return v.ExpiresAt }),
			"user":      compiled.Object(func(v *account.Verdict) *ent.User { return v.User }),
		},
	}
}

// tokens are the fields of what signing in answers, and of what refreshing does, which does not tell the user.
func tokens(ofUser bool) compiled.Type {
	fields := compiled.Type{
		"access":           compiled.Text(func(t *account.Tokens) string { return t.Access }),
		"refresh":          compiled.TextIfAny(func(t *account.Tokens) *string { return t.Refresh }),
		"accessExpiresAt":  compiled.Moment(func(t *account.Tokens) time.Time { return t.AccessExpiresAt }),
		"refreshExpiresAt": compiled.Moment(func(t *account.Tokens) time.Time { return t.RefreshExpiresAt }),
	}
	if ofUser {
		fields["user"] = compiled.Object(func(t *account.Tokens) *ent.User { return t.User })
	}
	return fields
}

func listAnswers() compiled.Types {
	return compiled.Types{
		"ProductConnection":    connection[ent.Product](),
		"ProductEdge":          edge[ent.Product](),
		"CategoryConnection":   connection[ent.Category](),
		"CategoryEdge":         edge[ent.Category](),
		"UserConnection":       connection[ent.User](),
		"UserEdge":             edge[ent.User](),
		"AuditEventConnection": connection[ent.AuditEvent](),
		"AuditEventEdge":       edge[ent.AuditEvent](),
		"PageInfo": {
			"hasNextPage":     compiled.Bool(func(i *page.Info) bool { return i.HasNextPage }),
			"hasPreviousPage": compiled.Bool(func(i *page.Info) bool { return i.HasPreviousPage }),
			"startCursor":     compiled.TextIfAny(func(i *page.Info) *string { return i.StartCursor }),
			"endCursor":       compiled.TextIfAny(func(i *page.Info) *string { return i.EndCursor }),
		},
	}
}

func connection[Row any]() compiled.Type {
	return compiled.Type{
		"edges":      compiled.Objects(func(c *page.Connection[*Row]) []*page.Edge[*Row] { return c.Edges }),
		"nodes":      compiled.Objects(func(c *page.Connection[*Row]) []*Row { return c.Nodes }),
		"pageInfo":   compiled.Object(func(c *page.Connection[*Row]) *page.Info { return c.PageInfo }),
		"totalCount": compiled.Int(func(c *page.Connection[*Row]) int { return c.TotalCount }),
	}
}

func edge[Row any]() compiled.Type {
	return compiled.Type{
		"cursor": compiled.Text(func(e *page.Edge[*Row]) string { return e.Cursor }),
		"node":   compiled.Object(func(e *page.Edge[*Row]) *Row { return e.Node }),
	}
}

func payloadAnswers() compiled.Types {
	return compiled.Types{
		"CategoryPayload": {
			"category": compiled.Object(func(p *generated.CategoryPayload) *ent.Category { return p.Category }),
			"errors":   compiled.Objects(func(p *generated.CategoryPayload) []*fault.Mistake { return p.Errors }),
		},
		"CategoryDeletePayload": {
			"deletedId": compiled.IDIfAny(func(p *generated.CategoryDeletePayload) *int64 { return p.DeletedID }),
			"errors":    compiled.Objects(func(p *generated.CategoryDeletePayload) []*fault.Mistake { return p.Errors }),
		},
		"ProductPayload": {
			"product": compiled.Object(func(p *generated.ProductPayload) *ent.Product { return p.Product }),
			"errors":  compiled.Objects(func(p *generated.ProductPayload) []*fault.Mistake { return p.Errors }),
		},
		"ProductDeletePayload": {
			"deletedId": compiled.IDIfAny(func(p *generated.ProductDeletePayload) *int64 { return p.DeletedID }),
			"errors":    compiled.Objects(func(p *generated.ProductDeletePayload) []*fault.Mistake { return p.Errors }),
		},
		"ProductsBulkPayload": {
			"created":  compiled.Int(func(p *generated.ProductsBulkPayload) int { return p.Created }),
			"updated":  compiled.Int(func(p *generated.ProductsBulkPayload) int { return p.Updated }),
			"products": compiled.Objects(func(p *generated.ProductsBulkPayload) []*ent.Product { return p.Products }),
			"errors":   compiled.Objects(func(p *generated.ProductsBulkPayload) []*fault.Mistake { return p.Errors }),
		},
		"RegisterPayload": {
			"user":   compiled.Object(func(p *generated.RegisterPayload) *ent.User { return p.User }),
			"errors": compiled.Objects(func(p *generated.RegisterPayload) []*fault.Mistake { return p.Errors }),
		},
		"ProfileUpdatePayload": {
			"user":   compiled.Object(func(p *generated.ProfileUpdatePayload) *ent.User { return p.User }),
			"errors": compiled.Objects(func(p *generated.ProfileUpdatePayload) []*fault.Mistake { return p.Errors }),
		},
		"PasswordChangePayload": {
			"user":   compiled.Object(func(p *generated.PasswordChangePayload) *ent.User { return p.User }),
			"errors": compiled.Objects(func(p *generated.PasswordChangePayload) []*fault.Mistake { return p.Errors }),
		},
		"UserPayload": {
			"user":   compiled.Object(func(p *generated.UserPayload) *ent.User { return p.User }),
			"errors": compiled.Objects(func(p *generated.UserPayload) []*fault.Mistake { return p.Errors }),
		},
		"SessionRevokePayload": {
			"session": compiled.Object(func(p *generated.SessionRevokePayload) *ent.Session { return p.Session }),
			"errors":  compiled.Objects(func(p *generated.SessionRevokePayload) []*fault.Mistake { return p.Errors }),
		},
		"LogoutPayload": {
			"revokedSessions": compiled.Int(func(p *generated.LogoutPayload) int { return p.RevokedSessions }),
		},
		"TokenRevokePayload": {
			"revoked": compiled.Bool(func(p *generated.TokenRevokePayload) bool { return p.Revoked }),
		},
		"UserError": {
			"field":   compiled.Texts(func(m *fault.Mistake) []string { return m.Field }),
			"message": compiled.Text(func(m *fault.Mistake) string { return m.Message }),
			"code":    compiled.Name(func(m *fault.Mistake) fault.MistakeCode { return m.Code }),
		},
	}
}
