using System.Reflection;
using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What a human approved is what runs: a plan cannot be changed after it was hashed, in memory or in a file.</summary>
public sealed class FrozenPlanTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ksmg-plan-").FullName;

    public static TheoryData<string> Journals => ["file", "memory"];

    [Fact]
    public void Neither_a_policy_nor_a_plan_has_a_setter()
    {
        foreach (Type type in (Type[])[
            typeof(UpgradePolicy), typeof(UpgradePlan), typeof(PlannedNode), typeof(PlannedStep), typeof(PlannedPackage), typeof(PlanFinding)])
        {
            Assert.All(type.GetProperties(), property => Assert.True(
                property.SetMethod is null
                    || property.SetMethod.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit)),
                $"{type.Name}.{property.Name} can be set."));
        }
    }

    [Fact]
    public void What_a_plan_was_made_of_may_change_and_the_plan_does_not()
    {
        List<string> accept = [];
        Dictionary<string, long> bytes = new() { ["/var"] = 1 };
        UpgradePolicy policy = VirtualRig.FastPolicy(3) with { Accept = accept, RequiredFreeBytes = bytes };
        UpgradePlan plan = new VirtualRig(policy: policy).Plan();
        accept.Add(UpgradeConsents.NoSnapshots);
        bytes["/tmp"] = 7;

        Assert.Empty(plan.Policy.Accept);
        Assert.Equal(["/var"], plan.Policy.RequiredFreeBytes.Keys);
        Assert.Equal(plan.Hash, PlanJson.Hash(plan));
    }

    [Fact]
    public void No_cast_reaches_the_lists_of_a_plan()
    {
        UpgradePlan plan = new VirtualRig().Plan();
        foreach (object list in (object[])[
            plan.Nodes, plan.Steps, plan.Packages, plan.Findings, plan.Steps[1].After, plan.Policy.Accept, plan.Policy.RequiredFreeBytes])
        {
            Assert.False(list is System.Collections.IList or Array or System.Collections.IDictionary, $"{list.GetType()} can be changed.");
            Assert.DoesNotContain(list.GetType().GetInterfaces(), i => i.IsGenericType
                && (i.GetGenericTypeDefinition() == typeof(ICollection<>) || i.GetGenericTypeDefinition() == typeof(IDictionary<,>)));
        }
    }

    [Fact]
    public void Options_make_a_policy_that_does_not_follow_them()
    {
        UpgradePolicyOptions options = new() { MaxUnavailable = 2, Accept = ["a"], RequiredFreeBytes = { ["/var"] = 4 } };
        UpgradePolicy policy = options.ToPolicy();
        options.MaxUnavailable = 3;
        options.Accept.Add("b");
        options.RequiredFreeBytes["/var"] = 5;

        Assert.Equal(new UpgradePolicy { MaxUnavailable = 2, Accept = ["a"], RequiredFreeBytes = new Dictionary<string, long> { ["/var"] = 4 } }, policy);
    }

    [Fact]
    public void Every_setting_of_a_policy_has_an_option_that_sets_it()
    {
        foreach (PropertyInfo setting in typeof(UpgradePolicy).GetProperties())
        {
            PropertyInfo? option = typeof(UpgradePolicyOptions).GetProperty(setting.Name);
            Assert.True(option is { CanWrite: true }, $"UpgradePolicyOptions has no {setting.Name}.");
            UpgradePolicyOptions options = new();
            Assert.Equal(setting.GetValue(new UpgradePolicy()), setting.GetValue(options.ToPolicy()));
            object? other = setting.GetValue(options.ToPolicy()) switch
            {
                TimeSpan time => time + TimeSpan.FromSeconds(1),
                int number => number + 1,
                Enum word => Enum.GetValues(word.GetType()).GetValue(Enum.GetValues(word.GetType()).Length - 1),
                bool flag => !flag,
                string text => text + "x",
                IReadOnlyList<string> => new List<string> { "x" },
                IReadOnlyDictionary<string, long> => new Dictionary<string, long> { ["x"] = 1 },
                _ => option!.GetValue(options),
            };
            option!.SetValue(options, other);
            Assert.Equal(other, setting.GetValue(options.ToPolicy()));
        }
    }

    [Fact]
    public void A_plan_read_back_from_a_file_is_the_same_plan_and_runs_to_its_end()
    {
        using PackageFolder folder = new();
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradePlan read = UpgradePlan.FromJson(File.ReadAllText(folder.Write("plan.json", Encoding.UTF8.GetBytes(plan.ToJson()))));

        Assert.Equal(plan, read);
        Assert.Equal(plan.Hash, read.Hash);
        Assert.Equal(plan.ToJson(), read.ToJson());
        Assert.Equal(plan.ToText(), read.ToText());
        Assert.Equal(UpgradePlan.FromJson(JournalSamples.Plan().ToJson()), JournalSamples.Plan());
        UpgradeReport report = rig.Start(read);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_plan_that_lacks_a_setting_keeps_its_default_and_never_becomes_zero()
    {
        string json = new VirtualRig(policy: VirtualRig.FastPolicy(3) with { Soak = new UpgradePolicy().Soak }).Plan().ToJson();
        string older = Without(json, "soak");

        Assert.Equal(TimeSpan.FromMinutes(10), PlanJson.ReadPlan(System.Text.Encoding.UTF8.GetBytes(older)).Policy.Soak);
    }

    [Theory]
    [InlineData("\"maxUnavailable\": 1", "\"maxUnavailable\": 3", "policy")]
    [InlineData("\"maxUnavailable\": 1", "\"maxUnavailable\": 1, \"maxUnavailabel\": 3", "policy")]
    [InlineData("\"name\": \"gw2\"", "\"name\": \"gw9\"", "nodes")]
    [InlineData("\"to\": \"2.1.0.7854\"", "\"to\": \"2.1.0.7855\"", "to")]
    [InlineData("\"id\": \"S8\"", "\"id\": \"S9\"", "steps")]
    [InlineData("\"schema\": 2", "\"schema\": 2, \"Owner\": \"me\"", "Owner")]
    [InlineData("\"isRefused\": false", "\"isRefused\": true", "isRefused")]
    [InlineData("\"schema\": 2", "\"schema\": 9", "format 2")]
    [InlineData("\"schema\": 2", "\"schema\": 2, \"schema\": 2", "not valid JSON")]
    [InlineData("\"schema\": 2", "\"schema\": 2,", "")]
    [InlineData("{", "[{", "not valid JSON")]
    public void A_plan_changed_in_its_file_is_refused_with_what_differs(string from, string to, string named)
    {
        string json = new VirtualRig().Plan().ToJson();
        int at = json.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{from} is not in the plan.");
        string changed = json[..at] + to + json[(at + from.Length)..];
        if (named.Length == 0)
        {
            changed = changed.Replace(",,", ",", StringComparison.Ordinal);
            Assert.NotNull(UpgradePlan.FromJson(changed));
            return;
        }

        UpgradeException refused = Assert.Throws<UpgradeException>(() => UpgradePlan.FromJson(changed));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("{ \"schema\": 2 }")]
    [InlineData("{ \"schema\": \"2\" }")]
    [InlineData("{ \"schema\": 2, \"hash\": \"\\ud800\" }")]
    [InlineData("{ \"schema\": 2, \"\\udc00\": \"\\ud800\" }")]
    [InlineData("{ \"schema\": 2, \"hash\": 5, \"digests\": [ 1 ], \"nodes\": [ null ] }")]
    public void What_is_no_plan_is_refused_in_words(string json) => Assert.Throws<UpgradeException>(() => UpgradePlan.FromJson(json));

    [Fact]
    public void A_new_hash_over_changed_words_does_not_make_them_a_plan()
    {
        string json = new VirtualRig().Plan().ToJson();
        System.Text.Json.Nodes.JsonObject document = System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject();
        document["nodes"]!.AsArray().Add(null);
        document["hash"] = PlanDocument.Hash(document);

        Assert.Throws<UpgradeException>(() => UpgradePlan.FromJson(document.ToJsonString()));
    }

    [Theory]
    [MemberData(nameof(Journals))]
    public async Task A_plan_that_is_not_the_one_that_was_hashed_becomes_no_run(string kind)
    {
        UpgradeJournal journal = kind == "file" ? new FileUpgradeJournal(_folder) : new InMemoryUpgradeJournal();
        UpgradePlan plan = JournalSamples.Plan();
        UpgradePlan changed = plan with { Policy = plan.Policy with { MaxUnavailable = 3 } };

        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => journal.CreateAsync(changed));
        Assert.Contains("hashed", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await journal.ListAsync());
    }

    [Fact]
    public void The_orchestrator_starts_no_plan_that_was_changed()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradePlan changed = plan with { Policy = plan.Policy with { MaxUnavailable = 3 } };

        rig.Time.Run(async () => await Assert.ThrowsAsync<UpgradeException>(() => rig.Orchestrator().StartAsync(changed)), VirtualRig.Limit);
        Assert.Empty(rig.Time.Run(() => rig.Journal.ListAsync(), VirtualRig.Limit));
    }

    [Fact]
    public void A_plan_of_a_version_that_knew_fewer_rules_is_not_started()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradePlan older = JournalSamples.Hashed(plan with { Policy = plan.Policy with { Soak = TimeSpan.FromDays(60) } });

        rig.Time.Run(
            async () =>
                Assert.Contains(
                    "Soak",
                    (await Assert.ThrowsAsync<UpgradeException>(() => rig.Orchestrator().StartAsync(UpgradePlan.FromJson(older.ToJson())))).Message,
                    StringComparison.Ordinal),
            VirtualRig.Limit);
    }

    [Fact]
    public async Task A_plan_changed_in_the_folder_of_its_run_is_refused_by_its_part()
    {
        FileUpgradeJournal journal = new(_folder);
        UpgradePlan plan = JournalSamples.Plan();
        await (await journal.CreateAsync(plan)).DisposeAsync();
        string file = Path.Combine(_folder, plan.RunId, "plan.json");
        await File.WriteAllTextAsync(
            file, (await File.ReadAllTextAsync(file)).Replace("\"maxUnavailable\": 1", "\"maxUnavailable\": 3", StringComparison.Ordinal));

        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => new FileUpgradeJournal(_folder).GetPlanAsync(plan.RunId));
        Assert.Contains("policy", refused.Message, StringComparison.Ordinal);
        Assert.Contains("plan.json", refused.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, bool> Bounds() =>
        Pairs.Of(typeof(UpgradePolicy).GetProperties().Where(p => p.PropertyType == typeof(TimeSpan)).Select(p => p.Name), true, false);

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Every_time_of_a_policy_has_two_bounds_that_are_named(string name, bool above)
    {
        UpgradePolicyOptions options = new(VirtualRig.FastPolicy(3));
        typeof(UpgradePolicyOptions).GetProperty(name)!.SetValue(options, above ? TimeSpan.FromDays(50) : TimeSpan.FromSeconds(-1));
        PlanFinding finding = new VirtualRig(policy: options.ToPolicy()).Plan().Findings.First(f => f.Code == "policy-time");

        Assert.Equal(FindingSeverity.Refusal, finding.Severity);
        Assert.Contains(name, finding.Text, StringComparison.Ordinal);
        PolicyTime bounds = PolicyBounds.Times.Single(t => t.Name == name);
        Assert.Contains(Duration.Write(bounds.Longest), finding.Text, StringComparison.Ordinal);
        Assert.True(bounds.Longest < TimeSpan.FromDays(49), $"{name} may outlast a timer.");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Without(string json, string member)
    {
        System.Text.Json.Nodes.JsonObject plan = System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject();
        plan["policy"]!.AsObject().Remove(member);
        return plan.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }
}
