//go:build ignore

// Command entc writes the ent client from the schemas.
package main

import (
	"log"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

func main() {
	// First with package migrate, which is what writes migrations and checks them, then the client anew, without: it would link in
	// all that it takes to make the tables of every kind of database, for a server that never does.
	for _, migrates := range []bool{true, false} {
		if err := generate(migrates); err != nil {
			log.Fatalf("writing the ent client: %v", err)
		}
	}
}

// generate writes the client, which imports package migrate if it migrates.
func generate(migrates bool) error {
	storage, err := gen.NewStorage("sql")
	if err != nil {
		return err
	}
	if !migrates {
		without := *storage
		without.SchemaMode &^= gen.Migrate
		storage = &without
	}
	return entc.Generate("./schema", &gen.Config{
		Features: []gen.Feature{
			gen.FeatureModifier,           // computed sort keys are selected beside a row
			gen.FeatureExecQuery,          // some statements are of one database only: locks, notifications
			gen.FeatureVersionedMigration, // migrations are SQL files, not changes made at start
		},
		Storage:   storage,
		Templates: []*gen.Template{gen.MustParse(gen.NewTemplate("gatehouse").ParseDir("template"))},
	})
}
