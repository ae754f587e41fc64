using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

public sealed class HttpCatalogueTests
{
    [Fact]
    public void Every_operation_a_client_uses_is_shipped()
    {
        IEnumerable<string> used = typeof(OperationNames).GetFields().Select(f => (string)f.GetRawConstantValue()!);

        Assert.Empty(used.Except(OperationCatalogue.Shipped.Operations.Keys));
    }

    [Fact]
    public void What_was_observed_is_these_four_and_nothing_else()
    {
        IEnumerable<string> observed = OperationCatalogue.Shipped.Operations
            .Where(o => o.Value.Any(e => e.Provenance == OperationProvenance.Observed))
            .Select(o => o.Key);

        Assert.Equal(["create-mta-cert-imported", "get-auth-info", "set-mta-cert-active-server", "user-login"], observed.Order());
    }

    [Fact]
    public void Only_reading_is_safe_and_what_changes_the_world_once_is_never_repeated()
    {
        foreach ((string name, IReadOnlyList<OperationEntry> entries) in OperationCatalogue.Shipped.Operations)
        {
            Assert.All(entries, e => Assert.True((e.Method == HttpMethod.Get) == (e.Safety == CallSafety.Safe), name));
        }

        Assert.All(
            ["upload-update", "start-update", "assign-control", "assign-secondary"],
            name => Assert.Equal(CallSafety.Never, OperationCatalogue.Shipped.Operations[name].Single().Safety));
    }

    [Fact]
    public void An_override_replaces_the_operation_of_its_name_by_build()
    {
        OperationCatalogue catalogue = OperationCatalogue.Shipped.With(
            Override("get-update-status", Entry(before: "2.1.0.7854", path: "/old"), Entry(from: "2.1.0.7854", path: "/new")));

        Assert.False(catalogue.TryFind("get-update-status", null, out _));
        Assert.True(catalogue.TryFind("get-update-status", new BuildNumber(2, 0, 1, 6960), out OperationEntry? old));
        Assert.Equal("/old", old.Path);
        Assert.True(catalogue.TryFind("get-update-status", new BuildNumber(2, 1, 0, 7854), out OperationEntry? now));
        Assert.Equal("/new", now.Path);
        Assert.True(OperationCatalogue.Shipped.TryFind("get-update-status", null, out _));
    }

    public static TheoryData<string, CatalogueEntryOptions[], string> Faults => new()
    {
        { "get-abuot", [Entry()], "there is no operation 'get-abuot'" },
        { "get-queue-summary", [], "at least one entry" },
        { "get-queue-summary", [Entry(from: "2.1")], "get-queue-summary:0:From" },
        { "get-queue-summary", [Entry(from: "2.1.0.1", before: "2.1.0.1")], "the range is empty" },
        { "get-queue-summary", [Entry(path: "web/api")], "get-queue-summary:0:Path" },
        { "get-queue-summary", [Entry(path: "//evil.test/x")], "get-queue-summary:0:Path" },
        { "get-queue-summary", [Entry(path: "/x?a=b")], "get-queue-summary:0:Path" },
        { "get-queue-summary", [Entry(method: "FETCH")], "get-queue-summary:0:Method" },
        { "get-queue-summary", [Entry(safety: "sometimes")], "get-queue-summary:0:Safety" },
        { "get-queue-summary", [Entry(provenance: "guessed")], "get-queue-summary:0:Provenance" },
        { "get-queue-summary", [Entry(before: "2.1.0.2"), Entry(from: "2.1.0.1")], "must not overlap" },
        { "get-about", [Entry(before: "2.1.0.2")], "before the build is known" },
        { "upload-update", [Entry(method: "POST", safety: "safe")], "upload-update:0:Safety" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_faulty_override_is_named(string operation, CatalogueEntryOptions[] entries, string message)
    {
        var e = Assert.Throws<FormatException>(() => OperationCatalogue.Shipped.With(Override(operation, entries)));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Equal(2, e.Message.Split("Catalogue:").Length);
    }

    [Theory]
    [InlineData("""{"version":"2.0.1","build":"2.0.1.6960"}""", "/web/api/old")]
    [InlineData("""{"version":"2.1","build":"2.1.0.7854"}""", "/web/api/new")]
    [InlineData("""{"version":"2.1"}""", "/web/api/new")]
    [InlineData("""{"version":"3.0.0.9059"}""", "/web/api/new")]
    public async Task The_build_is_asked_only_where_the_catalogue_depends_on_it(string about, string path)
    {
        FakeNode node = new FakeNode().On("get-about", about).On("old", Status).On("new", Status).On("get-current-user", """{"userName":"a"}""");
        KsmgNode gw1 = node.Connect(
            configure: o => o.Catalogue["get-update-status"] = [Entry(before: "2.1.0.0", path: "/web/api/old"), Entry(from: "2.1.0.0", path: "/web/api/new")]);
        await gw1.Nodes.GetCurrentUserAsync();
        Assert.Equal(0, node.Count("get-about"));

        await gw1.Updates.GetStatusAsync();
        await gw1.Updates.GetStatusAsync();

        Assert.Equal(path, node.Requests.Last().Path);
        Assert.Equal(1, node.Count("get-about"));
        gw1.ResetSession();
        await gw1.Updates.GetStatusAsync();
        Assert.Equal(2, node.Count("get-about"));
    }

    [Fact]
    public async Task A_build_without_an_entry_is_told_and_nothing_is_sent()
    {
        FakeNode node = new FakeNode().On("get-about", """{"version":"2.0.1","build":"2.0.1.6960"}""").On("get-update-status", Status);
        KsmgNode gw1 = node.Connect(configure: o => o.Catalogue["get-update-status"] = [Entry(from: "2.1.0.0")]);

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Updates.GetStatusAsync());

        Assert.Contains("2.0.1.6960", e.Message, StringComparison.Ordinal);
        Assert.True(e.HadNoEffect);
        Assert.Equal("get-update-status", e.Operation);
    }

    private const string Status = """{"state":"idle"}""";

    private static CatalogueEntryOptions Entry(
        string? from =
            null, string? before = null, string path = "/web/api/get-update-status", string method = "GET", string safety = "safe",
            string? provenance = null) =>
        new() { From = from, Before = before, Path = path, Method = method, Safety = safety, Provenance = provenance };

    private static Dictionary<string, IList<CatalogueEntryOptions>> Override(string operation, params CatalogueEntryOptions[] entries) =>
        new() { [operation] = entries };
}
