package main

import (
	"testing"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/config"
)

// The limits of settings that nobody has changed are those of an API that nobody has told any.
func TestDefaultLimitsAreThoseOfTheSettings(t *testing.T) {
	settings, err := config.Load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := limitsOf(settings); got != graph.DefaultLimits() {
		t.Errorf("by the settings %+v, else %+v", got, graph.DefaultLimits())
	}
}
