package config_test

import (
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/config"
)

func TestNotifyURL(t *testing.T) {
	const database = "GATEHOUSE_DATABASE_URL=postgres://pooler/gatehouse"
	for url, want := range map[string]string{
		"":                                "",
		"postgres://u:geheim@h/gatehouse": "",
		"sqlite://data/gatehouse.db":      "must be postgres://",
		"geheim":                          "must be postgres://",
		"postgres://u:geheim@h":           "lacks the name of the database",
		"postgres://u:ge%heim@h/d":        "is not a URL",
	} {
		s, err := config.Load([]string{database, "GATEHOUSE_DATABASE_NOTIFY_URL=" + url}, nil)
		switch {
		case want == "":
			if err != nil || s.DatabaseNotifyURL != url {
				t.Errorf("%s: %q, %v", url, s.DatabaseNotifyURL, err)
			}
		case err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "heim"):
			t.Errorf("%s: %v; want %s", url, err, want)
		}
	}
	if _, err := config.Load([]string{"GATEHOUSE_DATABASE_NOTIFY_URL=postgres://h/d"}, nil); err == nil || !strings.Contains(err.Error(), "PostgreSQL only") {
		t.Errorf("beside SQLite: %v", err)
	}
}
