using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>The page in a browser, during a real upgrade.</summary>
public sealed class PageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Hostile = "<img src=x onerror=document.title='owned'>";

    private PageSite _site = null!;
    private Chromium _browser = null!;
    private ChromiumPage _page = null!;
    private PageReader _reader = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_site?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>Watched, approved, in need of somebody, driven again, cut off, caught up with, and at its end: by keyboard and by what is read out.</summary>
    [ServerFact("chromium")]
    public async Task A_real_upgrade_is_watched_and_decided_on_the_page()
    {
        await StartAsync(2, section =>
        {
            section["Policy"]!["NoProgressTimeout"] = "00:00:03";
            section["Policy"]!["Soak"] = "00:00:03";
        });
        await _page.GoAsync(_site.Page);
        await _reader.SaysAsync("#main", "No run yet.");
        UpgradeRun run = await _site.UpgradeAsync();
        await _page.GoAsync(new Uri(_site.Page, $"#/lab/{run.Id}"));
        await _reader.SaysAsync("#link", "Live");
        await _reader.SaysAsync("#main", "running");
        await _page.SeesAsync("list", "gw2", "upload the package");
        await _reader.LookAsync("running");

        // At the gate: what will happen is asked first, and nothing happens by looking.
        await _reader.SaysAsync("#main h2", "Needs you");
        await _page.EvaluateAsync("document.querySelector('.choices button').focus()");
        await _page.PressAsync("Enter");
        await ChromiumPage.WaitAsync(() => _page.HasAsync("dialog", "Approve?"), () => "it was asked");
        await _reader.LookAsync("question", isTop: true);
        await _page.ClickAsync("button", "Back");
        Assert.Empty((await run.GetReportAsync()).Decisions);
        Assert.Equal("Approve", (string)(await _page.EvaluateAsync("document.activeElement.textContent"))!);

        // The next node's quarantine does not empty: after a while somebody has to decide.
        _site.Simulated.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw1", Queue = "kata", Value = "3" });
        await _page.PressAsync("Enter");
        await ChromiumPage.WaitAsync(() => _page.HasAsync("dialog", "Approve?"), () => "it was asked again");
        await ClickInDialogAsync();
        await _reader.SaysAsync("#said", "Nobody drives the run");
        await _page.ClickAsync("button", "Drive it again");
        await ClickInDialogAsync();
        await _reader.SaysAsync("#main", "needs a human");
        await _reader.SaysAsync("#main", "gw1 did not drain");
        await ChromiumPage.WaitAsync(
            async () => (bool)(await _page.EvaluateAsync("document.querySelector('svg[role=img]').ariaLabel.includes('queued: 3')"))!,
            () => "the quarantine was drawn");
        await _reader.LookAsync("needs-human");
        foreach ((string language, string says) in ((string, string)[])[("de", "braucht Eingriff"), ("ru", "gw1")])
        {
            await _reader.SpeakAsync(language, "document.querySelector('.choices button') !== null");
            await _reader.SaysAsync("#main", says);
            Assert.DoesNotMatch("[Tt]he (node|run|queue)|did not drain", (string)(await _page.EvaluateAsync("document.body.innerText"))!);
            await _reader.LookAsync($"needs-human-{language}");
        }

        await _reader.SpeakAsync("en", "document.querySelector('.choices button') !== null");
        await _reader.SaysAsync("#main", "gw1 did not drain");

        // Somebody empties the quarantine, and lets the run go on.
        _site.Simulated.Faults.Clear();
        await _page.ClickAsync("button", "Drive it again");
        await ClickInDialogAsync();
        await _reader.SaysAsync("#main", "running");

        // The server is gone for a while, and the node is done meanwhile.
        await _site.CloseAsync();
        await _reader.SaysAsync("#link", "Connection lost");
        await _reader.LookAsync("lost", isTop: true);
        await Eventually.TrueAsync(async () => (await run.GetReportAsync()).Nodes[1].Outcome == NodeOutcome.Upgraded, "the second node was upgraded");
        await _site.ReopenAsync();
        await _reader.SaysAsync("#link", "everything missed meanwhile is shown");

        await _reader.SaysAsync("#main", "completed");
        await _reader.SaysAsync("#link", "Ended");
        await _reader.LookAsync("completed");
        UpgradeReport report = await run.GetReportAsync();
        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.All(report.Decisions, d => Assert.Equal($"{Environment.UserName}@{Environment.MachineName}", d.By));
        long records = 0;
        await foreach (UpgradeEvent told in run.WatchAsync())
        {
            records += told.IsPassing ? 0 : 1;
        }

        Assert.Equal(records, (long)(await _page.EvaluateAsync("document.querySelectorAll('ol.log li').length"))!);
        Assert.Empty(_site.Simulated.GetViolations(atEnd: true, completed: true));
    }

    [ServerFact("chromium")]
    public async Task Who_has_a_link_comes_in_once_and_what_a_node_says_is_text()
    {
        const string token = "0123456789abcdef-once";
        await StartAsync(2, _ => { }, web =>
        {
            web.Tokens.Add(new Ksmg.Web.KsmgWebToken { Name = Hostile, Value = token, Once = true });
            web.Tokens.Add(new Ksmg.Web.KsmgWebToken { Name = "wall", Value = token + "-wall" });
        });
        await _page.GoAsync(new Uri(_site.Page, "#once=" + token));
        await ChromiumPage.WaitAsync(() => _page.HasAsync("heading", "Clusters"), () => "the link let us in");
        Assert.Equal(_site.Page + "#/", (string)(await _page.EvaluateAsync("location.href"))!);
        await _reader.SaysAsync("#who", Hostile);

        UpgradeRun run = await _site.UpgradeAsync();
        await run.WaitAsync();

        // The store is away for a moment: what was shown is there again, though nothing of it has changed.
        await _page.ClickAsync("link", "lab");
        await _reader.SaysAsync("#main table", run.Id);
        await _page.BreakAsync("404");
        await _reader.SaysAsync("#main", ChromiumPage.Broken);
        await _page.BreakAsync(null);
        await _reader.SaysAsync("#main table", run.Id);
        await ChromiumPage.WaitAsync(
            async () => !((string)(await _page.EvaluateAsync("document.body.innerText"))!).Contains(ChromiumPage.Broken, StringComparison.Ordinal),
            () => "it was not said any more");

        // And a run that was opened meanwhile.
        await _page.BreakAsync("404");
        await _page.EvaluateAsync($"location.hash = '#/lab/{run.Id}'");
        await _reader.SaysAsync("#main h1", ChromiumPage.Broken);
        await _page.BreakAsync(null);
        await _reader.SaysAsync("#main h1", "2.1.0.7854");
        await _page.EvaluateAsync("location.hash = '#/'");
        _site.Simulated.Faults.Arm(new SimulatedFault { Fault = "html-answer", Node = "gw1", Operation = "get-queue-summary" });
        await run.AbortAsync(Hostile, Hostile);
        await _page.ClickAsync("link", run.Id);
        await _reader.SaysAsync("#main", Hostile);
        Assert.Equal(0, (int)(await _page.EvaluateAsync("document.images.length"))!);
        Assert.DoesNotContain("owned", (string)(await _page.EvaluateAsync("document.title"))!, StringComparison.Ordinal);

        // Signed out; the link is used up, and whoever may only look is offered nothing.
        await _page.ClickAsync("button", "Sign out");
        await ChromiumPage.WaitAsync(() => _page.HasAsync("heading", "Sign in"), () => "it was asked who it is");
        await _page.TypeAsync("wrong-0123456789abcdef");
        await _page.PressAsync("Enter");
        await _reader.SaysAsync("#main", "lets nobody in");
        await _reader.AssertAccessibleAsync("sign-in");
        await _page.TypeAsync(token + "-wall");
        await _page.PressAsync("Enter");
        await _reader.SaysAsync("#main", "You may look, but not decide");
        Assert.Equal(0, (int)(await _page.EvaluateAsync("document.querySelectorAll('main button').length"))!);
    }

    private async Task StartAsync(int nodes, Action<JsonNode> change, Action<Ksmg.Web.KsmgWebOptions>? configure = null)
    {
        _site = await PageSite.StartAsync(new SimulatedClusterOptions { Nodes = nodes, Speed = 40, PackageBytes = 1 << 16 }, change, configure);
        _browser = await Chromium.StartAsync([]);
        _page = await _browser.OpenAsync();
        _reader = new PageReader(_page, output);
    }

    private async Task ClickInDialogAsync()
    {
        await _page.EvaluateAsync("document.getElementById('decision-yes').click()");
        await ChromiumPage.WaitAsync(
            async () => !(bool)(await _page.EvaluateAsync("document.getElementById('decision').open"))!, () => "the question was gone");
    }
}
