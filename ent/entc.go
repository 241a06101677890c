//go:build ignore

// Command entc writes the ent client from the schemas.
package main

import (
	"log"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

func main() {
	templates := gen.MustParse(gen.NewTemplate("gatehouse").ParseDir("template"))
	err := entc.Generate("./schema", &gen.Config{
		Features: []gen.Feature{
			gen.FeatureModifier,           // computed sort keys are selected beside a row
			gen.FeatureExecQuery,          // some statements are of one database only: locks, notifications
			gen.FeatureVersionedMigration, // migrations are SQL files, not changes made at start
		},
		Templates: []*gen.Template{templates},
	})
	if err != nil {
		log.Fatalf("writing the ent client: %v", err)
	}
}
