using System.Text.Json.Nodes;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>A fleet of two thousand clusters in a browser.</summary>
public sealed class FleetBrowserTests(ITestOutputHelper output) : IAsyncLifetime, IAsyncDisposable
{
    private const string Hostile = "<img src=x onerror=document.title='owned'> \u202Eevil\u0007";

    private ShownFleet _fleet = null!;
    private PageHost _host = null!;
    private Chromium _browser = null!;
    private ChromiumPage _page = null!;
    private PageReader _reader = null!;

    public Task InitializeAsync()
    {
        _fleet = new ShownFleet(2000);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _fleet.DisposeAsync();
    }

    ValueTask IAsyncDisposable.DisposeAsync() => new(DisposeAsync());

    [ServerFact("chromium")]
    public async Task Thousands_of_clusters_are_found_filtered_and_decided_on_and_nothing_is_drawn_twice()
    {
        await StartAsync();

        // Who has nothing but fleets is led to them.
        await _page.GoAsync(_host.Page);
        await _reader.SaysAsync("#main", "1 cluster needs people");
        await _reader.LookAsync("fleets");
        await _page.ClickAsync("link", ShownFleet.FleetId);
        await _reader.SaysAsync("#main h1", "2.0.1.6960 → 2.1.0.7854");
        await _reader.SaysAsync("[role=status]", "Clusters: 2000 of 2000");
        Assert.Equal(50, (int)(await _page.EvaluateAsync("document.querySelectorAll('ul.clusters > li').length"))!);
        Assert.True((int)(await _page.EvaluateAsync("document.querySelectorAll('*').length"))! < 3000, "the page is small");
        await _reader.SaysAsync("ul.clusters > li:first-child", "c0003");
        await _reader.LookAsync("fleet");

        // A look that tells nothing new changes nothing: whoever reads it, or has something open, is not disturbed.
        await _page.EvaluateAsync("window.changes = 0; new MutationObserver(all => window.changes += all.length)"
            + ".observe(document.getElementById('main'), { subtree: true, childList: true, characterData: true })");
        long before = _fleet.Looks;
        await ChromiumPage.WaitAsync(() => Task.FromResult(_fleet.Looks >= before + 2), () => "it was looked at again");
        Assert.Equal(0, (int)(await _page.EvaluateAsync("window.changes"))!);

        // One cluster moves: its row is told anew, and no other.
        _fleet.Report = _fleet.Report with
        {
            Clusters = [.. _fleet.Report.Clusters.Select(c => c.Name == "c0002" ? c with { Reason = Message.Said("nearly there") } : c)],
        };
        await _reader.SaysAsync("ul.clusters", "nearly there");
        Assert.InRange((int)(await _page.EvaluateAsync("window.changes"))!, 1, 4);

        // By search, by state, by wave, by label: what is asked for stands in the address line.
        await _page.EvaluateAsync("document.getElementById('f-search').focus()");
        await _page.TypeAsync("c1234");
        await _reader.SaysAsync("[role=status]", "Clusters: 1 of 2000");
        await _reader.SaysAsync("ul.clusters", "c1234");
        Assert.EndsWith("?search=c1234", (string)(await _page.EvaluateAsync("location.href"))!, StringComparison.Ordinal);
        await _page.ReloadAsync();
        await _reader.SaysAsync("[role=status]", "Clusters: 1 of 2000");
        Assert.Equal("c1234", (string)(await _page.EvaluateAsync("document.getElementById('f-search').value"))!);
        await _page.GoAsync(new Uri(_host.Page, $"fleet/#/{ShownFleet.FleetId}?state=working"));
        await _reader.SaysAsync("ul.clusters", "c0002");
        await _reader.SaysAsync("[role=status]", "Clusters: 1 of 2000");
        await _page.ClickAsync("link", "rest");
        await _reader.SaysAsync("[role=status]", "Clusters: 1996 of 2000");
        await _page.ClickAsync("button", "Next");
        await _reader.SaysAsync("nav.row", "Page 2 of 40");
        await _reader.SaysAsync("ul.clusters", "c0054");
        await _page.ClickAsync("link", "1 cluster needs people");
        await _reader.SaysAsync("[role=status]", "Clusters: 1 of 2000");

        // It is asked first; what is told carries what was shown.
        await _page.EvaluateAsync("document.querySelector('ul.clusters details').open = true");
        await _reader.LookAsync("fleet-filtered");
        await _page.ClickAsync("button", "Let it go on");
        await ChromiumPage.WaitAsync(() => _page.HasAsync("dialog", "Let it go on?"), () => "it was asked");
        await _reader.LookAsync("fleet-question", isTop: true);
        await _page.EvaluateAsync("document.getElementById('decision-yes').click()");
        await _reader.SaysAsync("#said", "Recorded. Nobody drives the fleet");
        Assert.Equal($"approve {Environment.UserName}@{Environment.MachineName} c0003  w3", Assert.Single(_fleet.Told));

        // The server refuses: the question stays, with the reason.
        _fleet.Refusal = new CommandRefusedException(Message.Of("fleet.other-wait", Message.Said("a storm")));
        await _page.ClickAsync("button", "Let the fleet go on");
        await ChromiumPage.WaitAsync(() => _page.HasAsync("dialog", "Let the fleet go on?"), () => "it was asked");
        await _page.EvaluateAsync("document.getElementById('decision-yes').click()");
        await _reader.SaysAsync("#decision-problem", "something else by now: a storm");
        await _page.ClickAsync("button", "Back");

        foreach ((string language, string says) in ((string, string)[])[("de", "wartet auf Freigabe"), ("ru", "требует вмешательства")])
        {
            await _reader.SpeakAsync(language, "document.querySelector('ul.clusters > li') !== null");
            await _reader.SaysAsync("#main", says);
            Assert.DoesNotMatch("[Tt]he (fleet|wave)|waits for|Clusters:", (string)(await _page.EvaluateAsync("document.body.innerText"))!);
            await _reader.LookAsync($"fleet-{language}");
        }
    }

    [ServerFact("chromium")]
    public async Task What_was_wrong_is_not_said_any_more_when_it_is_over_and_what_comes_too_late_changes_nothing()
    {
        await StartAsync();
        await _page.GoAsync(new Uri(_host.Page, "fleet/"));
        await _reader.SaysAsync("#main", "1 cluster needs people");
        await _page.BreakAsync("404");
        await _reader.SaysAsync("#main", ChromiumPage.Broken);
        await _page.BreakAsync(null);
        await ChromiumPage.WaitAsync(
            async () => !((string)(await _page.EvaluateAsync("document.body.innerText"))!).Contains(ChromiumPage.Broken, StringComparison.Ordinal),
            () => "it was not said any more");
        await _reader.SaysAsync("#main", "1 cluster needs people");

        // A look at a fleet is under way when somebody goes back to the list.
        await _page.BreakAsync("held");
        await _page.EvaluateAsync($"location.hash = '#/{ShownFleet.FleetId}'");
        await _reader.SaysAsync("#main h1", ShownFleet.FleetId);
        await ChromiumPage.WaitAsync(async () => (int)(await _page.EvaluateAsync("window.held.length"))! > 0, () => "it was asked");
        await _page.EvaluateAsync("location.hash = '#/'");
        await _reader.SaysAsync("#main h1", "Fleets");
        await _page.BreakAsync(null);
        await _reader.SaysAsync("#main", "1 cluster needs people");
        Assert.DoesNotContain("autumn", (string)(await _page.EvaluateAsync("document.title"))!, StringComparison.Ordinal);
    }

    [ServerFact("chromium")]
    public async Task An_answer_to_a_question_that_was_closed_is_not_one_to_the_next()
    {
        await StartAsync();
        await _page.GoAsync(new Uri(_host.Page, $"fleet/#/{ShownFleet.FleetId}"));
        await _reader.SaysAsync("#main h1", "2.0.1.6960 → 2.1.0.7854");
        await _page.ClickAsync("button", "Let the fleet go on");
        await ChromiumPage.WaitAsync(() => _page.HasAsync("dialog", "Let the fleet go on?"), () => "it was asked");
        await _page.BreakAsync("held");
        await _page.EvaluateAsync("document.getElementById('decision-yes').click()");
        await ChromiumPage.WaitAsync(async () => (int)(await _page.EvaluateAsync("window.held.length"))! > 0, () => "it was told");
        await _page.EvaluateAsync("document.getElementById('decision').close()");
        await _page.ClickAsync("button", "Pause the fleet");
        string asked = (string)(await _page.EvaluateAsync("document.getElementById('decision-yes').innerText"))!;
        _fleet.Refusal = new CommandRefusedException(Message.Of("fleet.other-wait", Message.Said("a storm")));
        await _page.BreakAsync(null);
        await _reader.SaysAsync("#said", "something else by now: a storm");
        Assert.Equal(asked, (string)(await _page.EvaluateAsync("document.getElementById('decision-yes').innerText"))!);
        Assert.Empty((string)(await _page.EvaluateAsync("document.getElementById('decision-problem').innerText"))!);
        Assert.True((bool)(await _page.EvaluateAsync("document.getElementById('decision').open"))!);
    }

    [ServerFact("chromium")]
    public async Task What_a_cluster_is_called_is_text_and_whoever_may_only_look_is_offered_nothing()
    {
        FleetClusterReport hostile = _fleet.Report.Clusters[3] with
        {
            Name = Hostile,
            Wave = Hostile,
            Reason = Message.Said(Hostile),
            RunId = Hostile,
            Labels = new Dictionary<string, string> { [Hostile] = Hostile },
        };
        _fleet.Report = _fleet.Report with
        {
            Reason = Message.Said(Hostile),
            Waves = [_fleet.Report.Waves[0] with { Name = Hostile, Reason = Message.Said(Hostile) }],
            Clusters = [hostile],
        };
        const string token = "0123456789abcdef-wall";
        await StartAsync(web => web.Tokens.Add(new Ksmg.Web.KsmgWebToken { Name = "wall", Value = token }));

        await _page.GoAsync(new Uri(_host.Page, $"fleet/#/{ShownFleet.FleetId}"));
        await ChromiumPage.WaitAsync(() => _page.HasAsync("heading", "Sign in"), () => "it was asked who it is");
        await _page.TypeAsync(token);
        await _page.PressAsync("Enter");
        await _reader.SaysAsync("ul.clusters", "<img src=x onerror=document.title='owned'>");
        Assert.Equal(0, (int)(await _page.EvaluateAsync("document.images.length"))!);
        Assert.DoesNotContain("owned –", (string)(await _page.EvaluateAsync("document.title"))!, StringComparison.Ordinal);
        Assert.Equal(0, (int)(await _page.EvaluateAsync("[...document.querySelectorAll('main button')].filter(b => b.checkVisibility()).length"))!);
        await _page.EvaluateAsync("document.querySelector('ul.plain a').click()");
        await _reader.SaysAsync("[role=status]", "Clusters: 1 of 1");
        await _reader.AssertAccessibleAsync("hostile");
    }

    private async Task StartAsync(Action<Ksmg.Web.KsmgWebOptions>? configure = null)
    {
        _host = await PageHost.StartAsync(configure, add: services => services.AddSingleton<KsmgFleet>(_fleet).AddKsmgWebFleet());
        _browser = await Chromium.StartAsync([]);
        _page = await _browser.OpenAsync();
        _reader = new PageReader(_page, output);
    }
}
