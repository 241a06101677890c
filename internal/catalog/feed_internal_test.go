package catalog

import "testing"

// Nothing is left of a follower that is closed, and no change is kept for it.
func TestFollowersAreForgotten(t *testing.T) {
	feed := NewLocalFeed()
	var followers []Follower
	for n := range 5 {
		f, err := feed.Follow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		followers = append(followers, f)
		if got := feed.hub.Listeners(); got != n+1 {
			t.Errorf("%d follow; want %d", got, n+1)
		}
	}
	for n, f := range followers {
		f.Close()
		f.Close()
		if got := feed.hub.Listeners(); got != len(followers)-n-1 {
			t.Errorf("%d follow; want %d", got, len(followers)-n-1)
		}
	}
}
