// Package compose holds compose.yaml to what docs/deployment.md says of it. It is read by the library that docker compose reads
// it with, so what is misspelled or makes no sense there fails here.
package compose

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func load(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../../compose.yaml"}, cli.WithWorkingDirectory("../.."))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestEveryServiceIsConfined(t *testing.T) {
	project := load(t)
	if got, want := project.ServiceNames(), []string{"database", "gatehouse-a", "gatehouse-b", "proxy"}; !slices.Equal(got, want) {
		t.Fatalf("the services are %q, not %q", got, want)
	}
	for name, service := range project.Services {
		if service.Restart != "unless-stopped" {
			t.Errorf("%s is not restarted", name)
		}
		if service.HealthCheck == nil || len(service.HealthCheck.Test) < 2 {
			t.Errorf("%s has no health check", name)
		}
		if !slices.Contains(service.SecurityOpt, "no-new-privileges:true") || service.Privileged {
			t.Errorf("%s may gain privileges", name)
		}
		if service.StopGracePeriod == nil || time.Duration(*service.StopGracePeriod) < 30*time.Second {
			t.Errorf("%s has less time to stop than requests may take", name)
		}
		if name != "database" && (!service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"})) {
			t.Errorf("%s may write to its root, or has capabilities", name)
		}
		if name != "proxy" && len(service.Ports) != 0 {
			t.Errorf("%s can be reached from outside, past the proxy", name)
		}
		if build := service.Build; build == nil && !strings.Contains(service.Image, ":") {
			t.Errorf("%s is of whatever version of %s there is", name, service.Image)
		}
	}
}

func TestNetworksKeepApart(t *testing.T) {
	project := load(t)
	for name, want := range map[string][]string{
		"proxy": {"front", "outside"}, "gatehouse-a": {"back", "front"}, "gatehouse-b": {"back", "front"}, "database": {"back"},
	} {
		got := make([]string, 0, len(want))
		for network := range project.Services[name].Networks {
			got = append(got, network)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s is on the networks %q, not %q", name, got, want)
		}
	}
	for _, name := range []string{"front", "back"} {
		if !project.Networks[name].Internal {
			t.Errorf("the network %s leads outside", name)
		}
	}
	proxy := project.Services["proxy"].Networks["front"].Ipv4Address
	for _, name := range []string{"gatehouse-a", "gatehouse-b"} {
		// A new container that has another address is not found by the proxy for a while, and one that stops at once fails requests.
		if project.Services[name].Networks["front"].Ipv4Address == "" {
			t.Errorf("%s has no address that it keeps", name)
		}
		if delay := project.Services[name].Environment["GATEHOUSE_DRAIN_DELAY"]; delay == nil || *delay == "0s" {
			t.Errorf("%s stops before the proxy hears of it", name)
		}
		if trusted := project.Services[name].Environment["GATEHOUSE_TRUSTED_PROXIES"]; trusted == nil || *trusted != proxy {
			t.Errorf("%s does not trust the proxy, whose address is %s", name, proxy)
		}
	}
}

// TestSecretsAreFiles: none is in the environment, where every process and every log of settings may show it.
func TestSecretsAreFiles(t *testing.T) {
	project := load(t)
	for name, secret := range project.Secrets {
		if filepath.Base(secret.File) != name || filepath.Base(filepath.Dir(secret.File)) != "secrets" {
			t.Errorf("the secret %s is not a file of deploy/secrets, but %q", name, secret.File)
		}
	}
	for name, service := range project.Services {
		for variable, value := range service.Environment {
			if value == nil {
				t.Errorf("%s has %s from whoever starts it", name, variable)
				continue
			}
			if file, found := strings.CutPrefix(*value, "/run/secrets/"); found && !slices.ContainsFunc(service.Secrets, func(s types.ServiceSecretConfig) bool { return s.Source == file }) {
				t.Errorf("%s: %s is not given the secret %s", variable, name, file)
			}
			if strings.Contains(variable, "PASSWORD") && !strings.HasSuffix(variable, "_FILE") || variable == "GATEHOUSE_SECRET_KEY" {
				t.Errorf("%s has a secret in its environment: %s", name, variable)
			}
		}
		for _, secret := range service.Secrets {
			if _, there := project.Secrets[secret.Source]; !there {
				t.Errorf("%s wants a secret that there is not: %s", name, secret.Source)
			}
		}
	}
}

// TestSettingsAreRight runs the program with an instance's environment. There is no server that could say it is well; what it
// must not say is that a setting is wrong.
func TestSettingsAreRight(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.key")
	if err := os.WriteFile(secret, []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Getenv("GATEHOUSE_E2E_PROGRAM"), "health", "--addr", "127.0.0.1:1")
	for name, value := range load(t).Services["gatehouse-a"].Environment {
		command.Env = append(command.Env, name+"="+strings.Replace(*value, "/run/secrets/secret.key", secret, 1))
	}
	output, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "the server does not answer") {
		t.Errorf("with these settings the program says %q (%v)", output, err)
	}
}

func TestInstancesAreAlike(t *testing.T) {
	project := load(t)
	a, b := project.Services["gatehouse-a"], project.Services["gatehouse-b"]
	for name, value := range a.Environment {
		if other := b.Environment[name]; other == nil || *other != *value {
			t.Errorf("%s is another for gatehouse-b", name)
		}
	}
	if len(a.Environment) != len(b.Environment) || a.Image != b.Image {
		t.Error("the instances differ")
	}
	proxy, err := os.ReadFile("../../deploy/haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gatehouse-a", "gatehouse-b"} {
		if !strings.Contains(string(proxy), "server "+name+" "+name+":8080\n") {
			t.Errorf("deploy/haproxy.cfg does not know %s", name)
		}
	}
}
