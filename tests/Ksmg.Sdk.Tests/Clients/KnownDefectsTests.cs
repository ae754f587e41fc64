using System.Text.Json;
using System.Xml.Linq;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>What is known of updates: by the way from build to build, shipped, and replaced by a file.</summary>
public sealed class KnownDefectsTests : IDisposable
{
    private static readonly BuildNumber _old = new(2, 0, 1, 6960);
    private static readonly BuildNumber _new = new(2, 1, 0, 7854);

    private readonly string _file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void What_is_shipped_stands_somewhere_and_names_what_looks_after_it()
    {
        string[] known =
        [
            .. Procedure.Steps.Select(s => s.Name),
            .. XDocument.Load(Repository.PathOf("src", "Ksmg.Sdk", "Words", "Words.resx")).Root!.Elements("data")
                .Select(d => d.Attribute("name")!.Value).Where(k => k.StartsWith("finding.", StringComparison.Ordinal)).Select(k => k["finding.".Length..]),
        ];
        Assert.All(KnownDefects.Shipped.All, d => Assert.True(d.IsByHand || known.Contains(d.Check), $"{d.Id}: {d.Check}"));
        Assert.All(KnownDefects.Shipped.All, d => Assert.Equal(("https", "support.kaspersky.com"), (d.Source!.Scheme, d.Source.Host)));
    }

    [Fact]
    public void They_are_told_by_the_way()
    {
        string[] way = [.. KnownDefects.Shipped.For(_old, _new).Select(d => d.Id)];
        Assert.Contains("unknown-objects", way);
        Assert.Contains("databases-later", way);
        Assert.DoesNotContain("free-disk", way);
        Assert.DoesNotContain("unknown-objects", KnownDefects.Shipped.For(_new, new BuildNumber(2, 1, 1, 8310)).Select(d => d.Id));
        Assert.Contains("unknown-objects", KnownDefects.Shipped.For(_old, null).Select(d => d.Id));

        IReadOnlyList<PlanFinding> findings = KnownDefects.Shipped.For(new BuildNumber(2, 0, 0, 6478), _old).ToFindings();
        PlanFinding byHand = Assert.Single(findings, f => f.Severity == FindingSeverity.Warning);
        Assert.Equal("known-defect:address-lists-cut", byHand.Code);
        Assert.StartsWith("Before the upgrade: ", byHand.Text, StringComparison.Ordinal);
        Assert.Contains("Check it by hand.", byHand.Text, StringComparison.Ordinal);
        Assert.Contains("The run looks after it (disk).", findings.Single(f => f.Code == "known-defect:free-disk").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_tells_those_that_it_is_given()
    {
        UpgradeReport report = UpgradeModelFactory.Report() with { KnownDefects = KnownDefects.Shipped.For(_old, _new) };
        foreach (string text in (string[])[report.ToText(), report.ToHtml(), report.ToJUnit()])
        {
            Assert.Contains("the installation is aborted.", text, StringComparison.Ordinal);
        }

        JsonElement json = JsonDocument.Parse(report.ToJson()).RootElement.GetProperty("knownDefects")[0];
        Assert.Equal(("unknown-objects", "2.0.1.0"), (json.GetProperty("id").GetString(), json.GetProperty("from").GetProperty("least").GetString()));
        Assert.DoesNotContain("the installation is aborted.", UpgradeModelFactory.Report().ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_takes_the_place_of_what_is_shipped()
    {
        string docs = File.ReadAllText(Repository.PathOf("docs", "operations.md"));
        string example = docs[docs.IndexOf("{ \"schema\": 1, \"defects\"", StringComparison.Ordinal)..];
        File.WriteAllText(_file, example[..example.IndexOf("```", StringComparison.Ordinal)]);
        KsmgOptions options = new() { BasePath = Path.GetTempPath(), KnownDefects = Path.GetFileName(_file) };
        Assert.Equal("own-note", Assert.Single(KnownDefects.Of(options).All).Id);
        Assert.Same(KnownDefects.Shipped, KnownDefects.Of(new KsmgOptions()));
    }

    [Theory]
    [InlineData("{ \"schema\": 2, \"defects\": [] }", "Its schema is 2")]
    [InlineData("{ \"schema\": 1, \"defects\": [], \"more\": 1 }", "more")]
    [InlineData("{ \"schema\": 1 }", "defects")]
    [InlineData("{ \"schema\": 1, \"defects\": [ { \"id\": \"a\" } ] }", "text")]
    [InlineData("{ \"schema\": 1, \"defects\": [ { \"id\": \"a\", \"when\": \"later\", \"text\": \"b\", \"check\": \"c\" } ] }", "when")]
    [InlineData("nothing", "invalid")]
    [InlineData(null, "Could not find")]
    public void A_file_that_cannot_be_used_is_refused_by_name(string? content, string says)
    {
        if (content is not null)
        {
            File.WriteAllText(_file, content);
        }

        KsmgOptions options = new() { KnownDefects = _file };
        string message = Assert.Throws<FormatException>(() => KnownDefects.Of(options)).Message;
        Assert.Contains(_file, message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.Contains(new KsmgOptionsValidator().Validate(null, options).Failures!, f => f.Contains(says, StringComparison.Ordinal));
    }
}
