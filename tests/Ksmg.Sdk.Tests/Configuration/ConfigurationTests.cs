using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

/// <summary>What nobody meant is refused with its place and what is allowed: in the file, by policy file, from the environment, in the SDK.</summary>
[Collection(Alone.Name)]
public sealed class ConfigurationTests : IDisposable
{
    private readonly ConfigurationSamples _samples = new();

    public void Dispose() => _samples.Dispose();

    /// <summary>Place, value, and what is said.</summary>
    public static TheoryData<string, string, string> Refused => new()
    {
        { "Policy:DrainTimeout", "30", "'30' has no unit; write a time with its unit" },
        { "Policy:DrainTimeout", "\"30\"", "has no unit" },
        { "Policy:DrainTimeout", "\"30.5\"", "has no unit" },
        { "Policy:DrainTimeout", "\"1e3\"", "has no unit" },
        { "Policy:DrainTimeout", "\"24:00:00\"", "'24:00:00' is no time" },
        { "Policy:DrainTimeout", "\"00:60:00\"", "is no time" },
        { "Policy:DrainTimeout", "\"00:30\"", "is no time" },
        { "Policy:DrainTimeout", "\"-00:30:00\"", "is no time" },
        { "Policy:DrainTimeout", "\"-5min\"", "is no time" },
        { "Policy:DrainTimeout", "\"\"", "'' is no time" },
        { "Policy:DrainTimeout", "\" \"", "is no time" },
        { "Policy:DrainTimeout", "\"5 parsecs\"", "is no time" },
        { "Policy:DrainTimeout", "\"30min1h\"", "is no time" },
        { "Policy:DrainTimeout", "\"30min\\u200e\"", "(U+200E)" },
        { "Policy:DrainTimeout", "\"99999999999999999999d\"", "is no time" },
        { "Policy:DrainTimeout", "true", "is no time" },
        { "Policy:DrainTimeout", "{ \"Minutes\": 30 }", "no list and no object" },
        { "Policy:DrainTimeout", "[ \"30min\" ]", "no list and no object" },
        { "Policy:DrainTimeout", "\"60d\"", "60d is not between 10ms and 7d" },
        { "Policy:DrainTimeout", "\"0s\"", "0s is not between 10ms and 7d" },
        { "Policy:Soak", "600", "has no unit" },
        { "Policy:PollInterval", "1", "has no unit" },
        { "Policy:SlowPollInterval", "15", "has no unit" },
        { "Policy:HandoverLimit", "\"48:00:00\"", "is no time" },
        { "Policy:HandoverLimit", "\"1200h\"", "50d is not between" },
        { "Policy:Accept", "[ null ]", "Policy:Accept:0: is null; in a list or a map there is no default" },
        { "Policy:Accept", "[ \"a\", [ \"b\" ] ]", "Policy:Accept:1" },
        { "Policy:Accept", "\"no-snapshots\"", "is a list" },
        { "Policy:Accept", "{ \"no-snapshots\": true }", "is a list" },
        { "Policy:PauseAfter", "2", "'2' is not one of First, Each, None" },
        { "Policy:PauseAfter", "7", "one of First, Each, None" },
        { "Policy:PauseAfter", "\"First,None\"", "one of First, Each, None" },
        { "Policy:PauseAfter", "\"Fisrt\"", "Did you mean First?" },
        { "Policy:PauseAfter", "\"\"", "one of First, Each, None" },
        { "Policy:Windows", "[ { \"Zone\": \"Europe/Berlim\", \"From\": \"22:00\", \"To\": \"04:00\" } ]", "Windows:0:Zone: 'Europe/Berlim' is not the IANA" },
        { "Policy:Windows", "[ { \"Zone\": \"UTC\", \"From\": \"22:00\" } ]", "Policy:Windows:0: To is missing" },
        { "Policy:Windows", "[ { \"Zone\": \"UTC\", \"From\": \"22\", \"To\": \"24:00\" } ]", "Policy:Windows:0:From: '22' is not a time of the day" },
        { "Policy:Windows", "[ { \"Zone\": \"UTC\", \"From\": \"22:00\", \"To\": \"24:00\" } ]", "Policy:Windows:0:To: '24:00' is not a time of the day" },
        { "Policy:Windows", "[ { \"Zone\": \"UTC\", \"Days\": \"Mo-Fr\" } ]", "Policy:Windows:0:Days: 'Mo-Fr' is not days of the week" },
        { "Policy:Windows", "[ { \"Except\": [ \"24.12.2026\" ] } ]", "Policy:Windows:0:Except:0: '24.12.2026' is not a date" },
        { "Policy:Windows", "[ { \"Day\": \"Mon\" } ]", "Policy:Windows:0:Day: there is no such setting. Did you mean Days?" },
        { "Policy:Windows", "\"22:00-04:00\"", "Policy:Windows: is a list" },
        { "Policy:NodeTime", "60", "has no unit" },
        { "Policy:MaxUnavailable", "\"1.0\"", "'1.0' is not a whole number from 1 to 1000" },
        { "Policy:MaxUnavailable", "1.5", "is not a whole number" },
        { "Policy:MaxUnavailable", "\"0x1\"", "is not a whole number" },
        { "Policy:MaxUnavailable", "99999999999", "is not a whole number" },
        { "Policy:MaxUnavailable", "0", "from 1 to" },
        { "Policy:MaxUnavailable", "true", "is not a whole number" },
        { "Policy:RequiredFreeBytes", "{ \"/var\": \"4 parrots\" }", "Policy:RequiredFreeBytes:/var: '4 parrots' is not a number of bytes" },
        { "Policy:RequiredFreeBytes", "{ \"/var\": -1 }", "Policy:RequiredFreeBytes:/var" },
        { "Policy:RequiredFreeBytes", "{ \"/var\": null }", "Policy:RequiredFreeBytes:/var: is null" },
        { "Policy:RequiredFreeBytes", "5", "is an object" },
        { "Policy:DrainTimout", "\"00:10:00\"", "Policy:DrainTimout: there is no such setting. Did you mean DrainTimeout?" },
        { "Policy", "[ { } ]", "Policy" },
        { "Policy", "\"safe\"", "Policy: is an object" },
        { "Polcy", "{ \"Soak\": \"5min\" }", "Polcy: there is no such setting. Did you mean Policy?" },
        { "Polcy", "null", "Did you mean Policy?" },
        { "Catalog", "{ }", "Did you mean Catalogue?" },
        { "RequestLimt", "\"00:00:01\"", "Did you mean RequestLimit?" },
        { "Notification", "[ { \"Kind\": \"Smtp\" } ]", "Did you mean Notifications?" },
        { "LoadBalancer:Timout", "\"00:00:03\"", "LoadBalancer:Timout: there is no such setting. Did you mean Timeout?" },
        { "LoadBalancer:Timeout", "3", "LoadBalancer:Timeout: '3' has no unit" },
        { "LoadBalancer:Servers", "{ \"gw1\": null }", "LoadBalancer:Servers:gw1: is null" },
        { "LoadBalancer:Servers", "{ \"gw1\": { \"Server\": \"s1\" } }", "LoadBalancer:Servers:gw1: is a text" },
        { "LoadBalancer:Servers", "\"s1\"", "LoadBalancer:Servers: is an object" },
        { "Nodes:0:Fingerprnt", "\"sha256:00\"", "Nodes:0:Fingerprnt: there is no such setting. Did you mean Fingerprint?" },
        { "Nodes:0:Fingerprint", "[ \"sha256:00\" ]", "Nodes:0:Fingerprint: is a text; no list and no object" },
        { "Nodes:0:Address", "\"https://127.0.0.1:99999\"", "Nodes:0:Address: is no address" },
        { "Nodes:0:Address", "\"https://127.0.0.1:0\"", "a port from 1 to 65535" },
        { "Nodes:0:Address", "\"gw1\"", "Nodes:0:Address" },
        { "Nodes:0:Address", "\"\"", "Nodes:0:Address" },
        { "Nodes:0:Smtp", "\"127.0.0.1:99999\"", "a port is 1 to 65535" },
        { "Nodes:0:Smtp", "\"127.0.0.1:+25\"", "a port is 1 to 65535" },
        { "Nodes:0:Name", "\"\"", "Nodes:0:Name: required" },
        { "Nodes:0:Name", "\" \"", "Nodes:0:Name: required" },
        { "Nodes:0:Name", "\"GWFILE\"", "is given to 2 nodes" },
        { "Nodes", "{ \"gw1\": { \"Address\": \"https://127.0.0.1\" } }", "Nodes: is a list" },
        { "Nodes", "[ null ]", "Nodes:0: is null" },
        { "Nodes", "[ \"https://gw1\" ]", "Nodes:0: is an object" },
        { "Nodes", "\"gw1\"", "Nodes: is a list" },
        { "Catalogue:get-about:0:Safty", "\"safe\"", "Catalogue:get-about:0:Safty: there is no such setting. Did you mean Safety?" },
        { "Catalogue:get-about:0:Resumable", "\"yes\"", "'yes' is not true or false" },
        { "Catalogue:get-abuot", "[ ]", "Did you mean get-about?" },
        { "MailProbe:Password", "\"hunter2\"", "MailProbe:Password: a password never stands here" },
        { "Credentials:Password", "\"hunter2\"", "Credentials:Password: a password never stands here" },
        { "Credentials", "\"hunter2\"", "Credentials: is an object" },
        { "ConnectTimeout", "\"5\"", "ConnectTimeout: '5' has no unit" },
        { "Name", "\"\"", "Name: required" },
        { "Name", "\" \"", "Name: required" },
        { "Name", "\" mail\"", "is no name" },
        { "Name", "\"ma\\u200bil\"", "(U+200B)" },
        { "Name", "[ \"mail\" ]", "Name: is a text" },
        { "Configuration:UsePackageDatabase", "1", "'1' is not true or false" },
        { "MailProbe:SmtpTls", "1", "one of" },
        { "MailProbe:CleanUpAfter", "7", "'7' is no time; write never, or" },
        { "MailProbe:CleanUpAfter", "\"400d\"", "400d is not between 1d and 365d" },
        { "LoadBalancer:Servers", "{ \"gw1\": \"s1\", \"gwflie\": \"s2\" }",
          "LoadBalancer: Servers names 'gwflie', a node that the cluster does not have. Did you mean gwfile? Its nodes are gw1, gwfile." },
        { "Snapshots:Domains", "{ \"gw9\": \"vm\" }", "Snapshots: Domains names 'gw9'" },
        { "Configuration:Hosts", "{ \"gw9\": \"10.0.0.1\" }", "Configuration: Hosts names 'gw9'" },
        { "MailProbe:SmtpFingerprints", "{ \"gw9\": \"06b006b006b006b006b006b006b006b006b006b006b006b006b006b006b006b0\" }",
          "MailProbe: SmtpFingerprints names 'gw9'" },
        { "Evidence:Senders", "{ \"gw9\": \"10.0.0.1\" }", "Evidence: Senders names 'gw9'" },
        { "Notifications:1:Url", "\"https://h:99999/secret-token\"", "Notifications:1:Url: is no address" },
    };

    /// <summary>What only the command line reads: which adapters there are.</summary>
    public static TheoryData<string, string, string> RefusedKinds => new()
    {
        { "Notifications", "{ \"Kind\": \"Smtp\" }", "Notifications: is a list" },
        { "Notifications", "\"ops@example.org\"", "Notifications: is a list" },
        { "Notifications", "[ null ]", "Notifications:0: is null" },
        { "Notifications", "[ { \"Program\": \"x\" } ]", "Notifications:0:Kind: required; one of Command, Webhook, Smtp" },
        { "Hooks", "{ \"Kind\": \"Command\" }", "Hooks: is a list" },
        { "Hooks", "[ { \"Kind\": \"Command\", \"Name\": \"x\", \"At\": [ \"AfterNods\" ], \"Program\": \"x\" } ]", "Did you mean AfterNode?" },
        { "Hooks", "[ { \"Kind\": \"Command\", \"Name\": \"x\", \"At\": [ \"AfterRun\" ], \"Program\": \"x\", \"TimeLimit\": \"7h\" } ]", "TimeLimit" },
        { "Gates", "[ { \"Kind\": \"Promtheus\" } ]", "Did you mean Prometheus?" },
        { "LoadBalancer", "{ \"Kind\": \"F5\" }", "LoadBalancer:Kind: 'F5' is not one of HaProxy, Command" },
        { "LoadBalancer", "{ \"Kind\": \"HAProxi\" }", "Did you mean HaProxy?" },
        { "LoadBalancer", "{ \"Endpoint\": \"127.0.0.1:1\" }", "LoadBalancer:Kind: required" },
        { "LoadBalancer", "\"HaProxy\"", "LoadBalancer: is an object" },
        { "LoadBalancer", "{ \"Kind\": [ \"HaProxy\" ] }", "LoadBalancer:Kind" },
        { "LoadBalancer:Knd", "\"HaProxy\"", "Did you mean Kind?" },
        { "Snapshots", "{ \"Kind\": \"Simulator\", \"Endpoint\": \"nowhere\" }", "Snapshots:Endpoint: is no address" },
        { "Snapshots", "{ \"Kind\": \"Simulator\" }", "Snapshots: Endpoint is missing" },
        { "Snapshots", "{ \"Kind\": \"Simulator\", \"Endpoint\": \"http://127.0.0.1:1\", \"Pths\": [ ] }", "Snapshots:Pths" },
    };

    public static TheoryData<string, string> Taken => new()
    {
        { "Policy:DrainTimeout", "null" },
        { "Policy:Soak", "null" },
        { "Policy:Soak", "\"5m\"" },
        { "Policy:Soak", "\"0s\"" },
        { "Policy:Soak", "\"1h30min\"" },
        { "Policy:Soak", "\"1 h 30 min\"" },
        { "Policy:Soak", "\"90 minutes\"" },
        { "Policy:Soak", "\" 10s \"" },
        { "Policy:Soak", "\"250ms\"" },
        { "Policy:Soak", "\"1.5h\"" },
        { "Policy:Soak", "\"2d\"" },
        { "Policy:Soak", "\"1.00:00:00\"" },
        { "Policy:Soak", "\"00:00:00.25\"" },
        { "Policy:PauseAfter", "\"each\"" },
        { "Policy:PauseAfter", "null" },
        { "Policy:MaxUnavailable", "\"2\"" },
        { "Policy:MaxUnavailable", "null" },
        { "Policy:Accept", "[ ]" },
        { "Policy:Accept", "null" },
        { "Policy:RequiredFreeBytes", "{ \"/var\": \"200 MB\", \"/tmp\": 4000000000, \"/\": \"1.5GiB\" }" },
        { "Policy", "null" },
        { "Policy", "{ }" },
        { "ConnectTimeout", "\"5s\"" },
        { "Name", "null" },
        { "Notifications", "[ ]" },
        { "Notifications", "null" },
        { "Catalogue", "null" },
        { "MailProbe:CleanUpAfter", "\"never\"" },
        { "MailProbe:CleanUpAfter", "null" },
        { "LoadBalancer:Timeout", "null" },
        { "Configuration:PristineFolder", "\"some/where\"" },
        { "Nodes:0:Fingerprint", "\"sha256 Fingerprint=06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0:06:B0\"" },
        { "$comment", "\"for people\"" },
        { "Policy:$comment", "\"for people\"" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_nobody_meant_is_refused_with_its_place(string place, string value, string says)
    {
        JsonObject document = ConfigurationSamples.Document().With(place, JsonNode.Parse(value));
        string told = await _samples.CommandLineAsync(document);
        string sdk = _samples.Sdk(document);

        foreach (string text in (string[])[told, sdk])
        {
            Assert.Contains(says, text, StringComparison.Ordinal);
            Assert.DoesNotContain("defect", text, StringComparison.Ordinal);
            Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
            Assert.DoesNotContain("secret-token", text, StringComparison.Ordinal);
        }

        Assert.Contains("cluster.json", told, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(RefusedKinds))]
    public async Task A_neighbour_that_is_not_known_is_refused_with_those_that_are(string place, string value, string says) =>
        Assert.Contains(says, await _samples.CommandLineAsync(ConfigurationSamples.Document().With(place, JsonNode.Parse(value))), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task What_can_mean_one_thing_only_is_taken(string place, string value)
    {
        JsonObject document = ConfigurationSamples.Document().With(place, JsonNode.Parse(value));

        Assert.Equal(string.Empty, await _samples.CommandLineAsync(document));
        Assert.Equal(string.Empty, _samples.Sdk(document));
    }

    [Theory]
    [InlineData("real")]
    [InlineData("programs")]
    [InlineData("simulated")]
    public async Task A_configuration_with_every_setting_is_taken(string name)
    {
        Assert.Equal(string.Empty, await _samples.CommandLineAsync(ConfigurationSamples.Document(name)));
        Assert.Equal(string.Empty, _samples.Sdk(ConfigurationSamples.Document(name)));
    }

    /// <summary>Every setting of every kind there is; those of maps are names of the user's.</summary>
    public static TheoryData<string, string> Settings()
    {
        TheoryData<string, string> data = [];
        HashSet<string> seen = [];
        foreach (string name in ConfigurationSamples.Names)
        {
            foreach ((string place, _) in JsonPlaces.Walk(ConfigurationSamples.Document(name)["Ksmg"]))
            {
                string[] parts = place.Split(':');
                bool isName = parts[^1].All(char.IsAsciiDigit) || parts[^1][0] is '$' || parts.Length > 1
                    && parts[^2] is "Servers" or "Domains" or "Hosts" or "SmtpFingerprints" or "Senders" or "RequiredFreeBytes" or "Catalogue";
                if (!isName && seen.Add(place))
                {
                    data.Add(name, place);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task Every_setting_misspelt_is_refused_with_the_one_that_was_meant(string name, string place)
    {
        string setting = place[(place.LastIndexOf(':') + 1)..];
        string misspelt = setting.Length > 3 ? setting[..^2] + setting[^1] : setting + "x";
        JsonNode? value = JsonPlaces.Walk(ConfigurationSamples.Document(name)["Ksmg"]).First(p => p.Place == place).Value;
        JsonObject document = ConfigurationSamples.Document(name).With(place, value?.DeepClone(), misspelt);
        string wrong = place[..^setting.Length] + misspelt;

        // A section of its own is read where it is used; its kind says by whom.
        string told = await _samples.CommandLineAsync(document);
        if (setting == "Kind")
        {
            Assert.Contains(":Kind: required", told, StringComparison.Ordinal);
            return;
        }

        Assert.Contains($"{wrong}: there is no such setting.", told, StringComparison.Ordinal);
        Assert.Contains("Did you mean", told, StringComparison.Ordinal);
        Assert.Contains(setting, told, StringComparison.Ordinal);
        Assert.Contains($"{wrong}: there is no such setting.", _samples.Sdk(document), StringComparison.Ordinal);
    }

    /// <summary>Every setting that is a time.</summary>
    public static TheoryData<string> Times() =>
        [.. JsonPlaces.Walk(ConfigurationSamples.Document()["Ksmg"]).Where(p => p.Value is JsonValue value && value.TryGetValue(out string? text)
            && text.Any(char.IsAsciiDigit) && Duration.TryParse(text, out _)).Select(p => p.Place)];

    [Theory]
    [MemberData(nameof(Times))]
    public async Task Every_time_without_a_unit_is_refused_and_every_one_has_bounds(string place)
    {
        foreach (string value in (string[])["10", "\"10\"", "\"400d\"", "\"-1s\"", "\"0ms\""])
        {
            if (value == "\"0ms\"" && place is "Policy:Soak" or "Policy:StabilityInterval")
            {
                continue;
            }

            JsonObject document = ConfigurationSamples.Document().With(place, JsonNode.Parse(value));
            string setting = place[(place.LastIndexOf(':') + 1)..];
            Assert.Contains(setting, await _samples.CommandLineAsync(document), StringComparison.Ordinal);
            Assert.Contains(setting, _samples.Sdk(document), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_property_of_every_options_class_can_be_configured()
    {
        AssertComplete(KsmgOptions.Shape);
        AssertComplete(KsmgNodeOptions.Shape);
        AssertComplete(KsmgCredentials.Shape);
        AssertComplete(CatalogueEntryOptions.Shape);
        AssertComplete(UpgradePolicyOptions.Shape);
    }

    [Fact]
    public async Task The_documented_file_has_no_setting_that_is_not_known()
    {
        string page = await File.ReadAllTextAsync(Repository.PathOf("docs", "operations.md"));
        int begin = page.IndexOf("```json", StringComparison.Ordinal) + "```json".Length;
        JsonObject document = JsonNode.Parse(page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)])!.AsObject();
        string told = await _samples.CommandLineAsync(document);

        // Its fingerprints and files are not there; its settings are.
        Assert.DoesNotContain("no such setting", told, StringComparison.Ordinal);
        Assert.DoesNotContain("is no time", told, StringComparison.Ordinal);
        Assert.DoesNotContain("Kind", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "DrainTimout": "10min" }""", "Policy:DrainTimout")]
    [InlineData("""{ "Policy": { "Soak": 600 } }""", "Policy:Soak: '600' has no unit")]
    [InlineData("""{ "Ksmg": { "Policy": { "PauseAfter": 2 } } }""", "Policy:PauseAfter: '2' is not one of")]
    [InlineData("""{ "Accept": [ null ] }""", "Policy:Accept:0: is null")]
    [InlineData("""{ "Polcy": { "Soak": "5min" } }""", "Policy:Polcy")]
    [InlineData("""{ "Accept": "no-snapshots" }""", "Policy:Accept: is a list")]
    public async Task A_policy_file_is_read_in_the_same_way_and_named(string policy, string says)
    {
        string told = await _samples.CommandLineAsync(ConfigurationSamples.Document(), JsonNode.Parse(policy)!.AsObject());

        Assert.Contains(says, told, StringComparison.Ordinal);
        Assert.Contains("policy.json", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Soak": null, "Accept": null }""")]
    [InlineData("""{ "Policy": null }""")]
    [InlineData("{ }")]
    public async Task Null_in_a_policy_file_brings_the_default_back(string policy) =>
        Assert.Equal(string.Empty, await _samples.CommandLineAsync(ConfigurationSamples.Document(), JsonNode.Parse(policy)!.AsObject()));

    [Theory]
    [InlineData("KSMG__POLICY__SOAK", "600", "Policy:SOAK: '600' has no unit")]
    [InlineData("KSMG__POLICY__DRAINTIMOUT", "10min", "Did you mean DrainTimeout?")]
    [InlineData("KSMG__POLCY__SOAK", "10min", "Did you mean Policy?")]
    [InlineData("KSMG__LOADBALANCER__TIMOUT", "10s", "Did you mean Timeout?")]
    [InlineData("KSMG__CREDENTIALS__PASSWORD", "hunter2", "a password never stands here")]
    public async Task The_environment_is_read_in_the_same_way_and_named(string variable, string value, string says)
    {
        Environment.SetEnvironmentVariable(variable, value);
        try
        {
            string told = await _samples.CommandLineAsync(ConfigurationSamples.Document());
            Assert.Contains(says, told, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(variable, told, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", told, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
    }

    [Fact]
    public async Task Every_mistake_of_every_part_is_told_at_once()
    {
        JsonObject document = ConfigurationSamples.Document().With("Polcy", new JsonObject()).With("Policy:Soak", 5).With("LoadBalancer:Timout", "5s")
            .With("Notifications:0:Timeout", 5).With("Configuration:Paths", "x").With("Snapshots:Uri", "");

        foreach (string told in (string[])[await _samples.CommandLineAsync(document), _samples.Sdk(document)])
        {
            Assert.All(
                (string[])["Polcy", "Policy:Soak", "LoadBalancer:Timout", "Notifications:0:Timeout", "Configuration:Paths", "Uri"],
                part => Assert.Contains(part, told, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("""{ "Ksmg": { "Name": "a", "name": "b" } }""", "given twice")]
    [InlineData("""[ 1 ]""", "must hold one object")]
    [InlineData("""{ "Kmsg": { } }""", "is 'Kmsg' meant to be it?")]
    [InlineData("", "not valid JSON")]
    public async Task A_file_that_is_none_is_refused_in_our_words(string content, string says)
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, content);
        CliAnswer answer = await CliFixture.RunAsync("nodes", "-c", file);
        File.Delete(file);

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains(says, answer.Line, StringComparison.Ordinal);
        Assert.Contains(file, answer.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plan", "--package", "")]
    [InlineData("upgrade", "--package", " ")]
    [InlineData("plan", "--package", "x", "-c", "")]
    [InlineData("nodes", "--runs", "")]
    [InlineData("nodes", "--policy", "")]
    [InlineData("package", "inspect", "")]
    [InlineData("report", "")]
    public async Task An_empty_value_of_an_option_is_named(params string[] arguments)
    {
        CliAnswer answer = await CliFixture.RunAsync(arguments);

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains("is empty.", answer.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public void An_empty_name_of_a_cluster_is_refused_at_once(string? name)
    {
        ServiceCollection services = new();
        services.AddKsmg(o => Fill(o, name!, "gw1")).AddRollingUpgrade();
        using ServiceProvider provider = services.BuildServiceProvider();

        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<KsmgCluster>());
        Assert.Contains("Name: required", refused.Message, StringComparison.Ordinal);
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<RollingUpgradeOrchestrator>());
        Assert.ThrowsAny<ArgumentException>(() => new ServiceCollection().AddKsmg(name!, o => Fill(o, "x", "gw1")));
    }

    [Fact]
    public void A_name_that_is_changed_after_AddKsmg_is_refused()
    {
        ServiceCollection services = new();
        services.AddKsmg(o => Fill(o, "main", "gw1"));
        services.PostConfigure<KsmgOptions>(o => o.Name = "other");
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Contains("Name", Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<KsmgCluster>()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ksmg", "ksmg")]
    [InlineData("ksmg", "KSMG")]
    [InlineData("main", "Main")]
    public void Two_clusters_of_one_name_are_refused_in_either_order(string first, string second)
    {
        ServiceCollection one = new();
        one.AddKsmg(o => Fill(o, first, "gw1"));
        one.AddKsmg(second, o => Fill(o, "ignored", "gw2"));
        ServiceCollection other = new();
        other.AddKsmg(second, o => Fill(o, "ignored", "gw2"));
        other.AddKsmg(o => Fill(o, first, "gw1"));
        ServiceCollection named = new();
        named.AddKsmg(first, o => Fill(o, "ignored", "gw2"));
        named.AddKsmg(second, o => Fill(o, "ignored", "gw1"));
        foreach (ServiceCollection services in (ServiceCollection[])[one, other, named])
        {
            using ServiceProvider provider = services.BuildServiceProvider();
            foreach (string name in (string[])[first, second])
            {
                Exception? refused = Record.Exception(
                    () => provider.GetRequiredService<IOptionsMonitor<KsmgOptions>>().Get(name == first && services != named ? string.Empty : name));
                Assert.Contains("two clusters of the name", Assert.IsType<OptionsValidationException>(refused).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void AddKsmg_called_twice_is_said_so()
    {
        ServiceCollection services = new();
        services.AddKsmg(o => Fill(o, "main", "gw1"));
        services.AddKsmg(o => Fill(o, "main", "gw1"));
        using ServiceProvider provider = services.BuildServiceProvider();

        string told = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<KsmgCluster>()).Message;
        Assert.Contains("AddKsmg was called twice", told, StringComparison.Ordinal);
        Assert.DoesNotContain("2 nodes", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("sha256:{0}")]
    [InlineData("SHA256:{0}")]
    [InlineData("SHA-256: {0}")]
    [InlineData("  {0}\r\n")]
    [InlineData("\u200e{0}\u200b")]
    [InlineData("\ufeff{0}\u00a0")]
    [InlineData("SHA256 Fingerprint={1}")]
    [InlineData("sha256 Fingerprint={1}\n")]
    [InlineData("{1}")]
    [InlineData("{2}")]
    [InlineData("{3}")]
    public void A_fingerprint_is_taken_as_it_was_pasted(string form)
    {
        string[] pairs = [.. Enumerable.Range(0, 32).Select(i => ConfigurationSamples.Fingerprint.ToUpperInvariant().Substring(2 * i, 2))];
        string pasted = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, ConfigurationSamples.Fingerprint,
            string.Join(':', pairs), string.Join(' ', pairs).ToLowerInvariant(), string.Join('-', pairs));

        Assert.Equal(ConfigurationSamples.Fingerprint, FingerprintText.Parse(pasted));
    }

    [Theory]
    [InlineData(40, "is a SHA-1 fingerprint")]
    [InlineData(32, "is an MD5 fingerprint")]
    [InlineData(128, "SHA-512 fingerprint, or two fingerprints")]
    [InlineData(63, "63 hex digits instead of 64")]
    public void A_fingerprint_of_another_kind_is_named(int digits, string says)
    {
        FormatException refused = Assert.Throws<FormatException>(() => ServerTrust.Pinned(new string('a', digits)));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Contains("-fingerprint -sha256", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sha256//x3YHcCGUOAmwiQTsbZkuUyFJkhMWMsKxxkK5mAN8kc0=", "pin of the public key")]
    [InlineData("SHA256:x3YHcCGUOAmwiQTsbZkuUyFJkhMWMsKxxkK5mAN8kc0", "pin of the public key")]
    [InlineData("x3YHcCGUOAmwiQTsbZkuUyFJkhMWMsKxxkK5mAN8kc0=", "pin of the public key")]
    [InlineData("-----BEGIN CERTIFICATE-----", "the certificate itself")]
    [InlineData("", "it is empty")]
    [InlineData("\u200e", "it is empty")]
    [InlineData("0\u04306b", "(U+0430) is none")]
    public void What_is_no_fingerprint_is_named(string text, string says) =>
        Assert.Contains(says, Assert.Throws<FormatException>(() => ServerTrust.Pinned(text)).Message, StringComparison.Ordinal);

    private static void Fill(KsmgOptions options, string name, string node)
    {
        options.Name = name;
        options.Credentials = new KsmgCredentials("Administrator", _ => ValueTask.FromResult("password"));
        options.Nodes.Add(node, new Uri($"https://{node}.test"));
    }

    /// <summary>A part of a program, such as the language of expressions, is set in code alone.</summary>
    private static void AssertComplete<T>(SectionShape<T> shape)
        where T : class =>
        Assert.All(
            typeof(T).GetProperties().Where(property => property.PropertyType != typeof(IAnswerLanguage)),
            property => Assert.Contains(property.Name, shape.Names, StringComparer.Ordinal));
}
