package main

import (
	"fmt"
	"os/exec"
	"testing"
	"time"
)

// howMany is what anybody is answered to that, by POST.
const howMany = `{ products(first: 1) { totalCount nodes { name } } categories(first: 1) { totalCount } }`

// counts are how many products and categories somebody is told of.
func counts(t *testing.T, v *visitor) string {
	t.Helper()
	data, err := v.ask(t.Context(), howMany, nil)
	if err != nil {
		t.Fatal(err)
	}
	products, _ := follow(data, "products.totalCount")
	categories, _ := follow(data, "categories.totalCount")
	return fmt.Sprint(products, " ", categories)
}

// awaitCounts asks again and again until somebody is told of that many.
func awaitCounts(t *testing.T, v *visitor, want string) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		got := counts(t, v)
		if got == want {
			return
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("told of %s, want %s", got, want)
		}
	}
}

// What another program writes to the database is seen by those who are answered from memory.
func TestResponseCacheBesideOtherPrograms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir)
	anybody := &visitor{url: p.url}
	for range 3 {
		if got := counts(t, anybody); got != "0 0" {
			t.Errorf("told of %s at first", got)
		}
	}
	command := exec.CommandContext(t.Context(), "gatehouse", "demo")
	command.Dir, command.Env = dir, testEnvironment(t, dir)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	awaitCounts(t, anybody, "69 8")
}

// What one instance changes is seen at another by those who are answered from memory.
func TestResponseCacheOfInstances(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	there := &visitor{url: f.b.url}
	f.run(t, "createsuperuser", "--username", "root", "--email", "root@example.org")
	token, _, _ := f.signIn(t, f.a.url, "root")
	here, anybodyHere := &visitor{url: f.a.url, token: token}, &visitor{url: f.a.url}
	counts(t, there)
	made, err := here.ask(t.Context(), `mutation { categoryCreate(input: {name: "Shelf"}) { category { id } } }`, nil)
	shelf := must(t, made, err)("categoryCreate.category.id")
	if got := counts(t, anybodyHere); got != "0 1" {
		t.Errorf("told of %s where it was made", got)
	}
	awaitCounts(t, there, "0 1")
	for n := 1; n <= 5; n++ {
		create := fmt.Sprintf(`mutation { productCreate(input: {name: "Item %d", price: 1, category: %q}) { product { id } } }`, n, shelf)
		if _, err := here.ask(t.Context(), create, nil); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprint(n, " 1")
		if got := counts(t, anybodyHere); got != want {
			t.Errorf("told of %s where it was made, want %s", got, want)
		}
		if got := counts(t, &visitor{url: f.b.url, token: token}); got != want {
			t.Errorf("who made it is told of %s elsewhere, want %s", got, want)
		}
		awaitCounts(t, there, want)
	}
	f.cut(t) // and while nobody hears, nothing is kept
	if _, err := here.ask(t.Context(), `mutation { categoryCreate(input: {name: "Board"}) { category { id } } }`, nil); err != nil {
		t.Fatal(err)
	}
	awaitCounts(t, there, "5 2")
}
