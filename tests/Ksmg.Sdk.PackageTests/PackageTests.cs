using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.OutsideStore;
using Ksmg.Sdk.Tests.Documentation;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.PackageTests;

/// <summary>What users get: the packages as they are packed, without the sources.</summary>
public sealed partial class PackageTests
{
    private static readonly string Folder = Variable("KSMG_PACKAGES");
    private static readonly string Version = Variable("KSMG_VERSION");
    private static readonly string ProjectUrl = Variable("KSMG_PROJECT_URL");

    [Fact]
    public async Task The_quick_start_runs_on_the_packages()
    {
        UpgradeReport report = await QuickStart.RunAsync().WaitAsync(TimeSpan.FromMinutes(4));

        Assert.Equal(UpgradeEnd.Completed, report.End);
    }

    [Fact]
    public async Task One_call_reads_the_documented_file()
    {
        using TemporaryFolder folder = new();
        foreach (string file in (string[])["ksmg-password", "ksmg-key", "ksmg-known-hosts", "imap-password", "webhook-secret"])
        {
            await File.WriteAllTextAsync(folder.PathOf(file), "0123456789abcdef");
        }

        // The fingerprints are the only thing that a reader has to fill in.
        string cluster = folder.PathOf("cluster.json");
        string documented = Json().Match(Text("operations.md")).Groups["json"].Value;
        await File.WriteAllTextAsync(cluster, documented.Replace("sha256:…", new string('a', 64), StringComparison.Ordinal));

        await using ServiceProvider services = new ServiceCollection()
            .AddKsmg(ClusterFile.Load(cluster).Section)
            .AddConfiguredUpgrade().Services.BuildServiceProvider();
        UpgradePorts ports = services.GetRequiredKeyedService<UpgradePorts>(string.Empty);

        Assert.NotNull(services.GetRequiredService<RollingUpgradeOrchestrator>());
        Assert.Equal(["gw1", "gw2"], services.GetRequiredService<KsmgCluster>().Nodes.Select(node => node.Name));
        Assert.IsType<HaProxyLoadBalancer>(ports.LoadBalancer);
        Assert.IsType<LibvirtSnapshotProvider>(ports.Snapshots);
        Assert.IsType<SshConfigurationFiles>(ports.Configuration);
        Assert.IsType<SmtpImapMailProbe>(ports.MailProbe);
        Assert.IsType<WebhookNotifier>(Assert.Single(ports.Notifiers));
    }

    [Fact]
    public async Task A_cluster_is_upgraded_with_a_store_and_a_balancer_of_ones_own()
    {
        using TemporaryFolder folder = new();
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, Speed = 20 });
        await simulated.WriteFilesAsync(folder.Path);
        RowRunStore store = new(TimeProvider.System);
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton(simulated)
            .AddKsmg(ClusterFile.Load(folder.PathOf("cluster.json")).Section).AddSimulatorAdapters()
            .AddConfiguredUpgrade(u => u.UseStore(_ => store).Policy.PauseAfter = PausePoint.None)
            .UseLoadBalancer<OwnBalancer>()
            .Services.BuildServiceProvider();
        RollingUpgradeOrchestrator orchestrator = services.GetRequiredService<RollingUpgradeOrchestrator>();
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(4));

        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.PathOf("update.zip"), cancellationToken: limit.Token);
        UpgradePlan plan = await orchestrator.PlanAsync(package, cancellationToken: limit.Token);
        UpgradeRun run = await orchestrator.StartAsync(plan, limit.Token);
        UpgradeReport report = await run.WaitAsync(limit.Token);

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Empty(simulated.GetViolations(atEnd: true, completed: true));
        Assert.Equal(run.Id, Assert.Single(await store.ListAsync(limit.Token)).RunId);
        OwnBalancer balancer = Assert.IsType<OwnBalancer>(services.GetRequiredKeyedService<UpgradePorts>(string.Empty).LoadBalancer);
        Assert.All(simulated.Nodes, node =>
            Assert.Equal([LoadMode.Drain, LoadMode.Ready], balancer.Orders.Where(order => order.Node == node.Name).Select(order => order.Mode)));

        // Whoever else opens that store finds the run with its end.
        RunSummary kept = Assert.Single(await new UpgradeJournal(store).ListAsync(limit.Token));
        Assert.Equal(UpgradeEnd.Completed, kept.End);
    }

    [Theory]
    [InlineData("Ksmg.Sdk")]
    [InlineData("Ksmg.Sdk.Infrastructure")]
    [InlineData("Ksmg.Sdk.Dialects")]
    [InlineData("Ksmg.Sdk.Fleet")]
    [InlineData("Ksmg.Simulator")]
    [InlineData("Ksmg.Web")]
    [InlineData("Ksmg.Web.Fleet")]
    [InlineData("Ksmg.Cli")]
    [InlineData("Ksmg.Templates")]
    public void A_package_says_what_it_is_and_where_it_comes_from(string id)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.nupkg"));
        XElement metadata = Metadata(package, id);
        XElement repository = metadata.Elements().Single(e => e.Name.LocalName == "repository");

        Assert.Equal(ProjectUrl, Value(metadata, "projectUrl"));
        Assert.Equal("git", repository.Attribute("type")!.Value);
        Assert.Equal(ProjectUrl, repository.Attribute("url")!.Value);
        Assert.Matches("^[0-9a-f]{40}$", repository.Attribute("commit")!.Value);
        Assert.Equal($"{ProjectUrl}/blob/v{Version}/CHANGELOG.md", Value(metadata, "releaseNotes"));
        Assert.NotNull(package.GetEntry("CHANGELOG.md"));
        Assert.Equal("MIT", Value(metadata, "license"));
        Assert.Equal("icon.png", Value(metadata, "icon"));
        Assert.NotNull(package.GetEntry("icon.png"));
        Assert.NotEmpty(Value(metadata, "description")!);

        // Of its own, and readable where the folders of the project are not.
        Assert.Equal("README.md", Value(metadata, "readme"));
        using StreamReader readme = new(package.GetEntry("README.md")!.Open());
        string text = readme.ReadToEnd();
        Assert.StartsWith($"# {id}\n", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\]\((?!https://)", text);
    }

    [Theory]
    [InlineData("Ksmg.Sdk", "Microsoft.Extensions.Http Microsoft.Extensions.Options.ConfigurationExtensions Polly.Core System.IO.Hashing")]
    [InlineData(
        "Ksmg.Sdk.Infrastructure",
        "Fluid.Core Ksmg.Sdk MailKit Microsoft.Extensions.Configuration.EnvironmentVariables Microsoft.Extensions.Configuration.Json "
        + "Microsoft.Extensions.FileSystemGlobbing Microsoft.Extensions.Http Microsoft.Extensions.Options.ConfigurationExtensions Polly.Core System.IO.Hashing")]
    [InlineData("Ksmg.Simulator", "Ksmg.Sdk Polly.Core System.IO.Hashing")]
    [InlineData("Ksmg.Web", "Ksmg.Sdk Polly.Core System.IO.Hashing")]
    [InlineData(
        "Ksmg.Sdk.Fleet",
        "Fluid.Core Ksmg.Sdk Ksmg.Sdk.Infrastructure MailKit Microsoft.Extensions.Configuration.EnvironmentVariables Microsoft.Extensions.Configuration.Json "
        + "Microsoft.Extensions.FileSystemGlobbing Microsoft.Extensions.Http Microsoft.Extensions.Options.ConfigurationExtensions Npgsql Polly.Core "
        + "Quartz System.IO.Hashing")]
    [InlineData("Ksmg.Web.Fleet", "Fluid.Core Ksmg.Sdk.Fleet Ksmg.Web MailKit Npgsql Polly.Core Quartz System.IO.Hashing")]
    public void A_library_brings_documentation_and_symbols_and_asks_for_little(string id, string asked)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.nupkg"));
        using ZipArchive symbols = ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.snupkg"));
        Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.dll"));
        Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.xml"));
        Assert.NotNull(symbols.GetEntry($"lib/net10.0/{id}.pdb"));
        Assert.All(["de", "ru"], language => Assert.NotNull(package.GetEntry($"lib/net10.0/{language}/{id}.resources.dll")));

        Dictionary<string, string> dependencies = Metadata(package, id).Descendants().Where(e => e.Name.LocalName == "dependency")
            .ToDictionary(e => e.Attribute("id")!.Value, e => e.Attribute("version")!.Value);
        Assert.Equal(asked.Split(' '), dependencies.Keys.Order(StringComparer.Ordinal));
        Assert.All(dependencies.Where(d => d.Key.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)), d => Assert.Equal("10.0.0", d.Value));
    }

    [Theory]
    [InlineData("Ksmg.Sdk")]
    [InlineData("Ksmg.Sdk.Infrastructure")]
    [InlineData("Ksmg.Sdk.Dialects")]
    [InlineData("Ksmg.Sdk.Fleet")]
    [InlineData("Ksmg.Simulator")]
    [InlineData("Ksmg.Web")]
    [InlineData("Ksmg.Web.Fleet")]
    [InlineData("Ksmg.Cli.any")]
    [InlineData("Ksmg.Cli.PLATFORM")]
    public void A_package_lists_what_it_rests_on(string id)
    {
        id = id.Replace("PLATFORM", Variable("KSMG_PLATFORM"), StringComparison.Ordinal);
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.nupkg"));
        using Stream stream = package.GetEntry("sbom.cdx.json")!.Open();
        JsonNode bill = JsonNode.Parse(stream)!;
        Assert.Equal("CycloneDX", (string)bill["bomFormat"]!);
        Assert.Equal($"pkg:nuget/{id}@{Version}", (string)bill["metadata"]!["component"]!["purl"]!);
        string[] listed =
        [
            .. bill["components"]!.AsArray().Where(c => (string?)c!["scope"] == "required").Select(c => (string)c!["purl"]!),
        ];

        // A tool asks for nothing, since it brings everything along: what its host loads is told by another file.
        using Stream? loaded = package.Entries.SingleOrDefault(e => e.Name == "ksmg.deps.json")?.Open();
        IEnumerable<string> asked = loaded is null
            ? Metadata(package, id).Descendants().Where(e => e.Name.LocalName == "dependency")
                .Select(e => $"pkg:nuget/{e.Attribute("id")!.Value}@{e.Attribute("version")!.Value}")
            : JsonNode.Parse(loaded)!["libraries"]!.AsObject().Select(l => l.Key).Where(l => !l.StartsWith("ksmg/", StringComparison.Ordinal))
                .Select(l => $"pkg:nuget/{l.Replace('/', '@')}");
        Assert.NotEmpty(asked);
        Assert.Empty(asked.Except(listed));
        Assert.DoesNotContain(listed, purl => purl.Contains("Analyzer", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Ksmg.Sdk")]
    [InlineData("Ksmg.Sdk.Infrastructure")]
    [InlineData("Ksmg.Sdk.Dialects")]
    [InlineData("Ksmg.Sdk.Fleet")]
    [InlineData("Ksmg.Simulator")]
    [InlineData("Ksmg.Web")]
    [InlineData("Ksmg.Web.Fleet")]
    public void A_copy_elsewhere_whose_files_come_in_another_order_makes_the_same_library(string id)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.nupkg"));
        using Stream packed = package.GetEntry($"lib/net10.0/{id}.dll")!.Open();
        using FileStream copied = File.OpenRead(Path.Combine(Variable("KSMG_COPY"), "src", id, "bin", "Release", "net10.0", $"{id}.dll"));

        Assert.Equal(SHA256.HashData(copied), SHA256.HashData(packed));
    }

    [Fact]
    public async Task The_tool_shows_its_commands()
    {
        (int exitCode, string output) = await RunToolAsync("--help");

        Assert.Equal(0, exitCode);
        Assert.Contains("upgrade", output);
    }

    [Theory]
    [InlineData("de", "Aktualisiert den Cluster")]
    [InlineData("ru", "Обновляет кластер")]
    public async Task The_tool_speaks_other_languages(string language, string says)
    {
        (int exitCode, string output) = await RunToolAsync("--lang", language, "upgrade", "--help");

        Assert.Equal(0, exitCode);
        Assert.Contains(says, output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tool_has_code_for_this_platform_and_is_portable_for_any_other()
    {
        string platform = Variable("KSMG_PLATFORM");

        Assert.True(HasOwnCode(platform));
        Assert.False(HasOwnCode("any"));
        Assert.Single(Directory.GetFiles(Variable("KSMG_TOOL"), $"ksmg.cli.{platform}.{Version}.nupkg", SearchOption.AllDirectories));

        static bool HasOwnCode(string platform)
        {
            using ZipArchive package = ZipFile.OpenRead(Path.Combine(Folder, $"Ksmg.Cli.{platform}.{Version}.nupkg"));
            using Stream packed = package.Entries.Single(e => e.Name == "ksmg.dll").Open();
            using MemoryStream program = new();
            packed.CopyTo(program);
            program.Position = 0;
            using PEReader reader = new(program);
            return reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
        }
    }

    [Fact]
    public async Task The_tool_runs_without_being_installed()
    {
        (int exitCode, string output) = await RunAsync("dotnet", "tool", "exec", $"Ksmg.Cli@{Version}", "--yes", "--add-source", Folder, "--", "--version");

        Assert.True(exitCode == 0, output);
        Assert.Contains(Version, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tool_runs_the_demo()
    {
        (int exitCode, string output) = await RunToolAsync("demo", "--fast", "--size", "1MiB");

        Assert.True(exitCode == 0, output);
        Assert.Contains("lost 0", output);
    }

    private static XElement Metadata(ZipArchive package, string id)
    {
        using Stream nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
    }

    private static string? Value(XElement metadata, string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;

    private static Task<(int ExitCode, string Output)> RunToolAsync(params string[] arguments) =>
        RunAsync(Path.Combine(Variable("KSMG_TOOL"), OperatingSystem.IsWindows() ? "ksmg.exe" : "ksmg"), arguments);

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(3));
        using Process process =
            Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    internal static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set: run eng/test-packages.sh.");

    private static string Text(string name)
    {
        using StreamReader reader = new(typeof(PackageTests).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("```json\n(?<json>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Json();

    /// <summary>A load balancer that nobody has but the user: it tells the machine, and remembers what it was told.</summary>
    private sealed class OwnBalancer(SimulatedCluster machine) : ILoadBalancer
    {
        public ConcurrentQueue<(string Node, LoadMode Mode)> Orders { get; } = new();

        public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) =>
            machine.LoadBalancer.GetAsync(cancellationToken);

        public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default)
        {
            Orders.Enqueue((node, mode));
            return machine.LoadBalancer.SetAsync(node, mode, cancellationToken);
        }

        public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) =>
            machine.LoadBalancer.CloseSessionsAsync(node, cancellationToken);
    }

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-packages-");

        public string Path => _folder.FullName;

        public string PathOf(string file) => System.IO.Path.Combine(Path, file);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
