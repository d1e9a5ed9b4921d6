// SPDX-License-Identifier: BSL-1.0
//
// The herd scenarios with golang.org/x/oauth2: one http.Client of clientcredentials.Config, shared
// by all callers, made with the background context; each call has a context of its own.
//
// herd_go_oauth2 <scenario> <URL of herd_server>     SSL_CERT_FILE names the CA

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const callers = 100
const clients = 10

type tally struct {
	mutex      sync.Mutex
	start      time.Time
	outcomes   map[string]int
	ok         int
	toldInTime int
}

func newTally() *tally { return &tally{start: time.Now(), outcomes: map[string]int{}} }

func (t *tally) note(status int, err error) {
	took := time.Since(t.start)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if err != nil {
		t.outcomes[fmt.Sprintf("%.60s", err)]++
		if took < 2*time.Second {
			t.toldInTime++
		}
		return
	}
	t.outcomes[fmt.Sprint(status)]++
	if status == http.StatusOK {
		t.ok++
	}
}

func (t *tally) print() {
	for outcome, count := range t.outcomes {
		fmt.Fprintf(os.Stderr, "  %d x %s\n", count, outcome)
	}
}

func call(ctx context.Context, client *http.Client, url string, t *tally) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/users", nil)
	if err != nil {
		t.note(0, err)
		return
	}
	response, err := client.Do(request)
	if err != nil {
		t.note(0, err)
		return
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	t.note(response.StatusCode, nil)
}

// control is what the server said to a request that steers it.
func control(response *http.Response, err error) string {
	if err != nil {
		fmt.Fprintln(os.Stderr, "herd_go_oauth2:", err)
		os.Exit(1)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return string(body)
}

// waitFor returns when the scenario has come so far.
func waitFor(url, phase string) {
	for control(http.Get(url+"/control/phase")) != phase {
		time.Sleep(20 * time.Millisecond)
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: herd_go_oauth2 <scenario> <URL>")
		os.Exit(2)
	}
	scenario, url := os.Args[1], os.Args[2]
	background := context.Background()
	config := clientcredentials.Config{
		ClientID:     "client",
		ClientSecret: "secret",
		TokenURL:     url + "/token",
		Scopes:       []string{"users.read"},
		AuthStyle:    oauth2.AuthStyleInHeader, // the default tries two ways, and doubles failures
	}
	source := config.TokenSource(background)
	client := oauth2.NewClient(background, source)

	before, results := newTally(), newTally()
	var all sync.WaitGroup
	start := func(ctx context.Context, c *http.Client, t *tally) {
		all.Add(1)
		go func() {
			defer all.Done()
			call(ctx, c, url, t)
		}()
	}
	herd := func(count int, t *tally) {
		for i := 0; i < count; i++ {
			start(background, client, t)
		}
	}
	served := func() int { return results.ok }

	switch scenario {
	case "cold":
		herd(callers, results)
	case "failing":
		herd(callers, results)
		served = func() int { return results.toldInTime }
	case "revoked":
		// What clients can share is the source.
		var handles [clients]*http.Client
		for i := range handles {
			handles[i] = oauth2.NewClient(background, source)
			start(background, handles[i], before)
		}
		all.Wait()
		control(http.Post(url+"/control/revoke", "", nil))
		for i := 0; i < callers; i++ {
			start(background, handles[i%clients], results)
		}
	case "leader_cancelled":
		leader, cancel := context.WithTimeout(background, 20*time.Millisecond)
		defer cancel()
		start(leader, client, before)
		time.Sleep(5 * time.Millisecond)
		herd(callers-1, results)
	case "retry_after":
		herd(1, before)
		waitFor(url, "paused")
		herd(callers, before)
		waitFor(url, "over")
		herd(callers, results)
	default:
		fmt.Fprintln(os.Stderr, "herd_go_oauth2: unknown scenario", scenario)
		os.Exit(2)
	}
	all.Wait()
	before.print()
	results.print()
	fmt.Printf("{\"served\":%d}\n", served())
}
