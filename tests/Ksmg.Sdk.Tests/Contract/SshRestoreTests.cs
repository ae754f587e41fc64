using System.Runtime.Versioning;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>A whole run whose configuration files lie behind a real OpenSSH server, while the update does to them what updates do.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SshRestoreTests : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-restore-");

    public void Dispose() => _folder.Delete(recursive: true);

    [ServerFact("sshd", "ssh")]
    public async Task Changes_come_back_where_the_base_is_the_same_and_conflicts_are_reported_and_not_written()
    {
        using CancellationTokenSource limit = new(_limit);
        await using SshServer server = await SshServer.StartAsync();
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 1, Speed = 40, PackageBytes = 1 << 20, InstallTime = TimeSpan.FromMinutes(4) },
            cancellationToken: limit.Token);
        await simulated.WriteFilesAsync(_folder.FullName, limit.Token);
        string from = simulated.Options.Build.ToString();
        string to = simulated.Options.TargetBuild.ToString();

        // name, as the old build ships it, as edited, as the new build ships it
        Ship("same-base.cf", "base", "base, edited", "base");
        Ship("new-base.cf", "base", "base, edited", "new base");
        Ship("not-edited.cf", "base", "base", "new base");
        Ship("nobody-knows.cf", null, "edited", null);
        File.SetUnixFileMode(PathOf("same-base.cf"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.CreateSymbolicLink(PathOf("link.cf"), "before");

        await using ServiceProvider provider = Services();
        RollingUpgradeOrchestrator orchestrator = provider.GetRequiredService<RollingUpgradeOrchestrator>();
        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"), cancellationToken: limit.Token);
        UpgradePlan plan = await orchestrator.PlanAsync(package, cancellationToken: limit.Token);
        UpgradeRun run = await orchestrator.StartAsync(plan, limit.Token);
        await Eventually.TrueAsync(() => simulated.GetEffects().Any(e => e.Effect == "install-started"), "the installation has begun", _limit);

        // Six seconds of an installation are left for what it does to the files.
        Update();
        UpgradeReport report = await run.WaitAsync(limit.Token);

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
        Assert.Equal("base, edited", File.ReadAllText(PathOf("same-base.cf")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(PathOf("same-base.cf")));
        Assert.Equal("new base", File.ReadAllText(PathOf("new-base.cf")));
        Assert.Equal("new base", File.ReadAllText(PathOf("not-edited.cf")));
        Assert.Equal("overwritten", File.ReadAllText(PathOf("nobody-knows.cf")));
        Assert.Equal("after", new FileInfo(PathOf("link.cf")).LinkTarget);
        string told = Assert.Single(report.Nodes).Steps.Single(s => s.Id == StepId.RestoreConfiguration).Evidence!;
        Assert.Contains("Left to a person: 3 of 5 saved configuration files", told, StringComparison.Ordinal);
        foreach (string name in new[] { "new-base.cf", "nobody-knows.cf", "link.cf" })
        {
            Assert.Contains(PathOf(name), told, StringComparison.Ordinal);
        }

        string PathOf(string name) => Path.Combine(server.Files, name);

        string PristineOf(string build, string name) => $"{_folder.FullName}/pristine/{build}{PathOf(name)}";

        void Ship(string name, string? before, string edited, string? after)
        {
            File.WriteAllText(PathOf(name), edited);
            foreach ((string build, string? content) in new[] { (from, before), (to, after) })
            {
                if (content is not null)
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(PristineOf(build, name))!);
                    File.WriteAllText(PristineOf(build, name), content);
                }
            }
        }

        void Update()
        {
            foreach (string path in Directory.GetFiles(server.Files).Where(path => new FileInfo(path).LinkTarget is null))
            {
                string shipped = PristineOf(to, Path.GetFileName(path));
                File.WriteAllText(path, File.Exists(shipped) ? File.ReadAllText(shipped) : "overwritten");
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            File.Delete(PathOf("link.cf"));
            File.CreateSymbolicLink(PathOf("link.cf"), "after");
        }

        ServiceProvider Services()
        {
            IConfigurationSection ksmg = ClusterFile.Load(Path.Combine(_folder.FullName, "cluster.json")).Section;
            ServiceCollection services = new();
            services.AddKsmg(ksmg)
                .AddSimulatorAdapters()
                .AddConfiguredUpgrade(u =>
                {
                    u.UseFileJournal(Path.Combine(_folder.FullName, "runs"));
                    u.Policy.PauseAfter = PausePoint.None;
                    u.Policy.Soak = TimeSpan.FromMilliseconds(200);
                    u.Policy.Accept = [UpgradeConsents.InterruptsMail];
                })
                .UseSshConfiguration(o =>
                {
                    o.User = Environment.UserName;
                    o.KeyFile = server.KeyFile;
                    o.KnownHostsFile = server.KnownHostsFile;
                    o.Hosts["gw1"] = server.Address;
                    o.Paths.Add(PathOf("*.cf"));
                    o.PristineFolder = Path.Combine(_folder.FullName, "pristine");
                });
            return services.BuildServiceProvider();
        }
    }
}
