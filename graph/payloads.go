package graph

import (
	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/graph/generated"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// A mutation answers the row and the mistakes in its payload; any other error is the field's own.

func registerPayload(user *ent.User, err error) (*generated.RegisterPayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.RegisterPayload{User: user, Errors: mistakes}, err
}

func userPayload(user *ent.User, err error) (*generated.UserPayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.UserPayload{User: user, Errors: mistakes}, err
}

func profileUpdatePayload(user *ent.User, err error) (*generated.ProfileUpdatePayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.ProfileUpdatePayload{User: user, Errors: mistakes}, err
}

func passwordChangePayload(user *ent.User, err error) (*generated.PasswordChangePayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.PasswordChangePayload{User: user, Errors: mistakes}, err
}

func sessionRevokePayload(session *ent.Session, err error) (*generated.SessionRevokePayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.SessionRevokePayload{Session: session, Errors: mistakes}, err
}

func logoutPayload(ended int, err error) (*generated.LogoutPayload, error) {
	return &generated.LogoutPayload{RevokedSessions: ended}, err
}

func tokenRevokePayload(revoked bool, err error) (*generated.TokenRevokePayload, error) {
	return &generated.TokenRevokePayload{Revoked: revoked}, err
}

func categoryPayload(category *ent.Category, err error) (*generated.CategoryPayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.CategoryPayload{Category: category, Errors: mistakes}, err
}

func categoryDeletePayload(id int64, err error) (*generated.CategoryDeletePayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.CategoryDeletePayload{DeletedID: deleted(id, mistakes), Errors: mistakes}, err
}

func productPayload(product *ent.Product, err error) (*generated.ProductPayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.ProductPayload{Product: product, Errors: mistakes}, err
}

func productDeletePayload(id int64, err error) (*generated.ProductDeletePayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.ProductDeletePayload{DeletedID: deleted(id, mistakes), Errors: mistakes}, err
}

func productsBulkPayload(did catalog.Upserted, err error) (*generated.ProductsBulkPayload, error) {
	mistakes, err := fault.AsMistakes(err)
	return &generated.ProductsBulkPayload{Created: did.Created, Updated: did.Updated, Products: did.Products, Errors: mistakes}, err
}

// deleted is the id of what was deleted: nothing was when there are mistakes.
func deleted(id int64, mistakes fault.Mistakes) *int64 {
	if len(mistakes) > 0 {
		return nil
	}
	return &id
}
