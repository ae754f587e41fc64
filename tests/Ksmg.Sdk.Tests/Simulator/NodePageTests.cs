using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>The pages of a node, in a browser: the documented procedure by hand, while the watchers look.</summary>
public sealed class NodePageTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-pages-");
    private SimulatedCluster _cluster = null!;
    private Chromium _browser = null!;
    private ChromiumPage _page = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Delete(recursive: true);
    }

    /// <summary>
    /// Every node by hand through its pages. What was said on the way is the recording from which a dialect is drafted:
    /// <c>Golden/browser</c> holds it, and the same calls must be made still. <c>KSMG_ACCEPT_GOLDEN=1</c> writes it anew.
    /// </summary>
    [ServerTheory("chromium")]
    [InlineData("own", 3)]
    [InlineData("foreign", 2)]
    public async Task A_cluster_is_upgraded_by_hand_through_its_pages(string shape, int nodes)
    {
        await StartAsync(new SimulatedClusterOptions
        {
            Nodes = nodes,
            Foreign = shape == "foreign",
            Speed = 20,
            PackageBytes = 1 << 16,
            SynchronizationInterval = TimeSpan.FromSeconds(1),
        });
        HarRecorder recorder = new(_browser, _page);
        _cluster.StartMail(perSecond: 20);
        for (int node = 2; node <= nodes + 1; node++)
        {
            // The former Control node comes last.
            await UpgradeAsync($"gw{(node - 1) % nodes + 1}", isFirst: node == 2, isLast: node > nodes);
        }

        _cluster.StopMail();
        using HttpClient http = new();
        string violations = string.Empty;
        await Eventually.TrueAsync(
            async () => (violations = await http.GetStringAsync(new Uri(_cluster.ControlUrl!, "/violations?end=completed"))) == "[]",
            "the watchers found nothing");
        Assert.Empty(_cluster.GetMail().Lost);
        Assert.Empty(_cluster.GetMail().Duplicated);
        Assert.All(_cluster.World.Nodes, node => Assert.Equal(_cluster.Package.To, node.Build));
        Assert.Equal(NodeRole.Control, _cluster.World["gw2"].Role);
        BrowserRecording.Check(shape, await recorder.EndAsync(), _cluster.Options.Password);
    }

    [Fact]
    public async Task Pages_come_from_the_node_alone_and_may_do_nothing_else()
    {
        _cluster = SimulatedCluster.CreateVirtual(new SimulatedClusterOptions { Nodes = 1 }, TimeProvider.System);
        using HttpClient http = new(_cluster.CreateHandler("gw1")) { BaseAddress = _cluster.Nodes[0].Url };
        foreach (string path in (string[])["/", "/pages/pages.css", "/pages/pages.js", "/pages/node.js", "/pages/shape.js"])
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            string text = await answer.Content.ReadAsStringAsync();

            Assert.True(answer.IsSuccessStatusCode, path);
            Assert.Contains("default-src 'none'; script-src 'self'; ", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.DoesNotContain("//", text.Replace("// ", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain("innerHTML", text, StringComparison.Ordinal);
        }
    }

    [ServerFact("chromium")]
    public async Task What_the_node_says_is_only_ever_text()
    {
        const string hostile = "<img src=x onerror=document.title='owned'>";
        await StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        _cluster.World.ForeignAddresses.Add(hostile);
        await SignInAsync("gw1");

        await _page.SeesAsync("table", "Nodes of the cluster", hostile);
        Assert.Equal(0, (int)(await _page.EvaluateAsync("document.images.length"))!);
        Assert.Equal("Simulated node", (string)(await _page.EvaluateAsync("document.title"))!);
    }

    [ServerFact("chromium")]
    public async Task A_long_queue_has_a_next_page()
    {
        await StartAsync(new SimulatedClusterOptions { Nodes = 1, Foreign = true });
        _cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw1", Queue = "kata", Value = "120" });
        await SignInAsync("gw1");
        await _page.ClickAsync("link", "Message queue");
        await ChromiumPage.WaitAsync(async () => await MessagesAsync() == 100, () => "100 messages were there");
        await _page.ClickAsync("button", "Next page");
        await ChromiumPage.WaitAsync(async () => await MessagesAsync() == 20, () => "the other 20 were there");
        Assert.False(await _page.HasAsync("button", "Next page"));

        async Task<int> MessagesAsync() => (int)(await _page.EvaluateAsync("document.querySelectorAll('#message-rows tr').length"))!;
    }

    [ServerFact("chromium")]
    public async Task A_refusal_is_told_in_the_words_of_the_node()
    {
        await StartAsync(new SimulatedClusterOptions { Nodes = 1, Promotion = PromotionRule.Refuses });
        await _page.GoAsync(_cluster.Nodes[0].Pages);
        await SignInAsync("wrong", once: true);
        await _page.SeesAsync("alert", string.Empty, "Authentication failed");
        Assert.True(await _page.HasAsync("button", "Sign in"));
    }

    private async Task UpgradeAsync(string name, bool isFirst, bool isLast)
    {
        SimulatedNodeEndpoint node = _cluster.Nodes.Single(one => one.Name == name);
        string control = isFirst ? "gw1" : name;
        await SignInAsync(control);
        await _page.ClickAsync("link", "Nodes");
        await _page.SeesAsync("table", "Nodes of the cluster", node.ClusterAddress);
        if (isFirst)
        {
            Assert.DoesNotContain("failed", await _page.ReadAsync("table", "Nodes of the cluster"), StringComparison.Ordinal);
            await _page.ClickAsync("button", "Check integrity");
            await SaidAsync("The check has begun.");
        }

        // The load balancer has no page here: that is somebody else's work.
        _cluster.Act(name, "drain");
        _cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = name, Queue = "kata", Value = "2" });
        await SwitchReceivingAsync(control, node, "2");
        if (isFirst)
        {
            // Nobody turns sending off to drain; a recording of how it is done is worth having.
            await SwitchAsync("Send messages");
            await SwitchAsync("Send messages");
        }

        await _page.ClickAsync("button", "Send the MTA queue now");
        await SaidAsync("The messages of the MTA queue are on their way.");
        _cluster.Faults.Clear();
        await DrainedAsync(node);

        await SignInAsync(name);
        if (isLast)
        {
            await AssignAsync("Secondary node");
        }

        await UploadAsync();
        if (isFirst)
        {
            await _page.ClickAsync("button", "Delete");
            await _page.ClickAsync("button", "Yes");
            await SaidAsync("The update package is deleted.");
            await UploadAsync();
        }

        await InstallAsync();
        await SignInAsync(name);
        await _page.ClickAsync("link", "About");
        await _page.SeesAsync("DescriptionList", "About", "Version 2.1");
        if (isFirst)
        {
            await AssignAsync("Control node");
        }

        await SwitchReceivingAsync(name, node, "0");
        _cluster.Act(name, "undrain");
    }

    /// <summary>Turns the receive switch of a node over, on a page that shows how many messages are in its KATA quarantine.</summary>
    private async Task SwitchReceivingAsync(string page, SimulatedNodeEndpoint node, string quarantined)
    {
        await SignInAsync(page);
        await _page.ClickAsync("link", "Message queue");
        await _page.SeesAsync("table", "Messages in the queues", "KATA quarantine");
        await _page.ChooseAsync("Node", node.ClusterAddress);
        await _page.SeesAsync("table", "Messages in the queues", "KATA quarantine " + quarantined);
        await SwitchAsync("Receive messages");
    }

    private async Task SwitchAsync(string name)
    {
        await _page.ClickAsync("checkbox", name);
        await _page.ClickAsync("button", "Save");
        await SaidAsync("The settings are saved.");
    }

    private Task DrainedAsync(SimulatedNodeEndpoint node)
    {
        string queues = string.Empty;
        return ChromiumPage.WaitAsync(
            async () =>
            {
                await _page.ClickAsync("button", "Refresh");
                queues = await _page.ReadAsync("table", "Messages in the queues");
                return queues.Contains("MTA queue 0 KATA quarantine 0 Anti-Spam quarantine 0 SMTP sessions 0", StringComparison.Ordinal);
            },
            () => $"{node.Name} was drained: {queues}");
    }

    private async Task UploadAsync()
    {
        await _page.ClickAsync("link", "Install update");
        await _page.ChooseFileAsync("Update package", Path.Combine(_folder.FullName, _cluster.Package.FileName));
        await _page.ClickAsync("button", "Upload");
        await SaidAsync("The update package is uploaded.");
    }

    private async Task InstallAsync()
    {
        await _page.ClickAsync("button", "Install update");
        await _page.ClickAsync("button", "Yes");
        string seen = string.Empty;
        await ChromiumPage.WaitAsync(
            async () =>
            {
                seen = (string)(await _page.EvaluateAsync("document.readyState + ' ' + document.body.innerText"))!;
                return seen.StartsWith("complete", StringComparison.Ordinal) && seen.Contains("Sign in", StringComparison.Ordinal);
            },
            () => $"the page was loaded anew after the update: {seen}");
    }

    private async Task AssignAsync(string role)
    {
        await _page.ClickAsync("link", "Assign role");
        await _page.ClickAsync("button", $"Assign \"{role}\" role");
        await _page.ClickAsync("button", "Yes");
        await SaidAsync("The role is assigned.");
        await _page.SeesAsync("DescriptionList", "Role", "Role " + role);
    }

    /// <summary>Waits until the page says that something worked; what it says in place of that is told.</summary>
    private async Task SaidAsync(string text)
    {
        string said = string.Empty;
        await ChromiumPage.WaitAsync(
            async () =>
            {
                said = (string)(await _page.EvaluateAsync("[...document.querySelectorAll('[role=status], [role=alert]')].map(e => e.innerText).join(' ')"))!;
                return said.Contains(text, StringComparison.Ordinal);
            },
            () => $"'{text}' was said: '{said}'.");
    }

    /// <summary>Opens the pages of a node; where they ask who it is, by keyboard alone.</summary>
    private async Task SignInAsync(string name, bool once = false)
    {
        if (!once)
        {
            await _page.GoAsync(_cluster.Nodes.Single(node => node.Name == name).Pages);
        }

        bool asked = false;
        await ChromiumPage.WaitAsync(
            async () => (asked = await _page.HasAsync("heading", "Sign in")) || await _page.HasAsync("navigation", "Sections"),
            () => $"the pages of {name} were there");
        if (asked)
        {
            await _page.TypeAsync(_cluster.Options.UserName);
            await _page.PressAsync("Tab");
            await _page.TypeAsync(once ? "wrong" : _cluster.Options.Password);
            await _page.PressAsync("Enter");
        }

        if (!once)
        {
            await ChromiumPage.WaitAsync(() => _page.HasAsync("navigation", "Sections"), () => $"{name} let us in");
        }
    }

    private async Task StartAsync(SimulatedClusterOptions options)
    {
        _cluster = await SimulatedCluster.StartAsync(options);
        string zip = Path.Combine(_folder.FullName, "update.zip");
        await _cluster.WritePackageAsync(zip);
        await System.IO.Compression.ZipFile.ExtractToDirectoryAsync(zip, _folder.FullName);
        List<X509Certificate2> certificates = [];
        foreach (SimulatedNodeEndpoint node in _cluster.Nodes)
        {
            certificates.Add(await CertificateAsync(node));
        }

        _browser = await Chromium.StartAsync(certificates);
        _page = await _browser.OpenAsync();
    }

    /// <summary>The certificate that a node shows, which must be the one that it is known by.</summary>
    private static async Task<X509Certificate2> CertificateAsync(SimulatedNodeEndpoint node)
    {
        using TcpClient client = new();
        await client.ConnectAsync(node.Url.Host, node.Url.Port);
        await using SslStream tls = new(client.GetStream(), leaveInnerStreamOpen: true, (_, shown, _, _) =>
            shown!.GetCertHashString(HashAlgorithmName.SHA256).Equals(node.Fingerprint, StringComparison.OrdinalIgnoreCase));
        await tls.AuthenticateAsClientAsync(node.Url.Host);
        return new X509Certificate2(tls.RemoteCertificate!);
    }
}
