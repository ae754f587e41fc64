using System.Globalization;
using System.Xml.Linq;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet.Telling;

/// <summary>Reports of fleets as HTML and as JUnit XML.</summary>
public sealed class FleetReportFormatTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private static readonly FleetReport Standing = Report(
        Cluster("a", ClusterPhase.Over, UpgradeEnd.Completed) with { BeganAt = Noon, Since = Noon.AddMinutes(40) },
        Cluster("b", ClusterPhase.Over, UpgradeEnd.Failed, "it never came back"),
        Cluster("c", ClusterPhase.Standing, UpgradeEnd.NeedsHuman, "look at gw2") with { NeedsPeople = true, RunId = "f-1-0003" },
        Cluster("d", ClusterPhase.Standing, UpgradeEnd.Paused, "it waits at its gate") with { NeedsPeople = true },
        Cluster("e", ClusterPhase.Working, null),
        Cluster("f", ClusterPhase.Waiting, null, "wave one is not over") with { Wave = "two" },
        Cluster("g", ClusterPhase.Waiting, null, "trade fair") with { Wave = "two", IsHeld = true },
        Cluster("h", ClusterPhase.Over, UpgradeEnd.Failed, "sold") with { Wave = "two", IsOut = true });

    [Fact]
    public void JUnit_has_a_suite_for_the_fleet_and_for_each_wave_and_a_case_for_each_cluster()
    {
        XElement junit = ReportDocuments.ReadJUnit(Standing.ToJUnit());

        Assert.Equal(["The fleet", "one", "two"], junit.Elements("testsuite").Select(s => s.Attribute("name")!.Value));
        Assert.Equal("failure NeedsHuman the fleet stands", Told(junit.Descendants("testcase").First()));
        Assert.Equal(
            [
                "a: ",
                "b: failure Failed failed: it never came back",
                "c: failure NeedsHuman needs a human: look at gw2",
                "d: skipped Paused paused: it waits at its gate",
                "e: skipped Working in work",
                "f: skipped Waiting waiting: wave one is not over",
                "g: skipped Held kept back: trade fair",
                "h: skipped Out left out: sold",
            ],
            junit.Descendants("testcase").Skip(1).Select(c => $"{c.Attribute("name")!.Value}: {Told(c)}"));
        Assert.Equal("2400", junit.Descendants("testcase").Single(c => c.Attribute("name")!.Value == "a").Attribute("time")!.Value);

        static string Told(XElement tested) => tested.Elements().SingleOrDefault() is { } result
            ? $"{result.Name} {result.Attribute("type")!.Value} {result.Attribute("message")!.Value}"
            : string.Empty;
    }

    [Fact]
    public void The_page_loads_nothing_and_shows_waves_who_is_needed_and_every_cluster()
    {
        XElement page = ReportDocuments.ReadSelfContained(Standing.ToHtml());

        XElement[] tables = [.. page.Descendants("table")];
        Assert.Equal(["Waves", "Need people", "Wave one", "Wave two"], tables.Select(t => t.Element("caption")!.Value));
        Assert.All(tables.Descendants("th"), th => Assert.NotNull(th.Attribute("scope")));
        Assert.Equal(["one", "5", "1", "1", "2", "2", "2", "0"], Rows(tables[0])[0]);
        Assert.Equal(["c", "d"], Rows(tables[1]).Select(r => r[0]));
        Assert.Equal(
            ["a", "completed", "", "2026-11-27 12:00:00Z", "2026-11-27 12:40:00Z", "–", "40 min", "ring=0 site=x", ""], Rows(tables[2])[0]);
        Assert.Equal(8, Rows(tables[2]).Length + Rows(tables[3]).Length);

        // Who is needed is left out where nobody is.
        Assert.Equal(3, ReportDocuments.ReadSelfContained((Standing with { Clusters = [Standing.Clusters[0], Standing.Clusters[5]] }).ToHtml())
            .Descendants("table").Count());

        static string[][] Rows(XElement table) =>
            [.. table.Element("tbody")!.Elements("tr").Select(r => r.Elements().Select(c => c.Value).ToArray())];
    }

    [Fact]
    public void What_a_cluster_is_called_and_says_leaves_its_place_in_no_document()
    {
        Message said = Message.Said(ReportDocuments.Hostile);
        FleetReport hostile = Standing with
        {
            Name = ReportDocuments.Hostile,
            Reason = said,
            Waves = [Standing.Waves[0] with { Name = ReportDocuments.Hostile }],
            Clusters =
            [
                .. Standing.Clusters.Select(c => c with
                {
                    Name = ReportDocuments.Hostile,
                    Wave = ReportDocuments.Hostile,
                    Reason = said,
                    RunId = ReportDocuments.Hostile,
                    Labels = new Dictionary<string, string> { [ReportDocuments.Hostile] = ReportDocuments.Hostile },
                }),
            ],
        };

        XElement junit = ReportDocuments.ReadJUnit(hostile.ToJUnit());
        Assert.Equal(9, junit.Descendants("testcase").Count());
        Assert.Contains(junit.Descendants("failure"), f => f.Attribute("message")!.Value.Contains("]]><script>alert(1)</script>", StringComparison.Ordinal));
        ReportDocuments.ReadSelfContained(hostile.ToHtml());
        ReportDocuments.AssertHarmless(hostile.ToHtml(), hostile.ToJUnit());
    }

    [Theory]
    [InlineData("de", "Flotte f-1 (f): braucht Eingriff", "zurückgehalten")]
    [InlineData("ru", "Группа f-1 (f): ", "придержан")]
    public void A_page_speaks_the_language_of_whoever_asks_for_it(string language, string title, string state)
    {
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);

        XElement page = ReportDocuments.ReadSelfContained(Standing.ToHtml());

        Assert.Equal(language, page.Attribute("lang")!.Value);
        Assert.StartsWith(title, page.Descendants("h1").Single().Value, StringComparison.Ordinal);
        Assert.Contains(page.Descendants("td"), cell => cell.Value == state);
    }

    private static FleetClusterReport Cluster(string name, ClusterPhase phase, UpgradeEnd? end, string? reason = null) => new()
    {
        Name = name,
        Wave = "one",
        Labels = new Dictionary<string, string> { ["site"] = "x", ["ring"] = "0" },
        Phase = phase,
        End = end,
        Reason = reason is null ? null : Message.Said(reason),
    };

    private static FleetReport Report(params FleetClusterReport[] clusters) => new()
    {
        FleetId = "f-1",
        Name = "f",
        From = BuildNumber.Parse("2.0.1.6960"),
        To = BuildNumber.Parse("2.1.0.7854"),
        PlanHash = "0",
        End = UpgradeEnd.NeedsHuman,
        Reason = Message.Said("the fleet stands"),
        BeganAt = Noon,
        LastAt = Noon.AddHours(1),
        Waves =
        [
            new FleetWaveReport("one", FleetApproval.None, 5, 1, 1, 2, 2, 2, 0, false),
            new FleetWaveReport("two", FleetApproval.None, 3, 2, 0, 0, 0, 0, 1, false),
        ],
        Clusters = clusters,
    };
}
