using System.Diagnostics;
using Ksmg.Simulator;

namespace Ksmg.Sdk.PackageTests;

/// <summary>What <c>dotnet new</c> makes of the packed templates builds on the packed libraries, and upgrades simulated nodes.</summary>
public sealed class TemplateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-templates-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_console_program_of_the_template_upgrades_a_cluster_it_starts()
    {
        string program = await MakeAsync("ksmg-console", "night");

        string output = await RunAsync("dotnet", program);

        Assert.Contains("The cluster is simulated", output, StringComparison.Ordinal);
        string source = await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "night", "Program.cs"));
        Assert.DoesNotContain("samples", source, StringComparison.Ordinal);
        Assert.Contains("dotnet run cluster.json update.zip", source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_of_the_template_upgrades_a_cluster_and_ends_with_0()
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, Speed = 20 });
        await simulated.WriteFilesAsync(_folder.FullName);
        simulated.StartMail(perSecond: 10);
        string program = await MakeAsync("ksmg-worker", "my-service");

        await RunAsync(
            "dotnet", program, $"--Worker:Cluster={PathOf("cluster.json")}", $"--Worker:Package={PathOf("update.zip")}", $"--Worker:Runs={PathOf("runs")}",
            "--Ksmg:Policy:PauseAfter=None");

        Assert.Empty(simulated.GetViolations(atEnd: true, completed: true));
        // What is no name of a namespace becomes one.
        string source = await File.ReadAllTextAsync(Path.Combine(PathOf("my-service"), "UpgradeService.cs"));
        Assert.Contains("namespace my_service;", source, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Installs the templates for this test alone, makes a project of one, and builds it.</summary>
    private async Task<string> MakeAsync(string template, string name)
    {
        string packages = PackageTests.Variable("KSMG_PACKAGES");
        string[] here = ["--debug:custom-hive", PathOf("templates")];
        await RunAsync("dotnet", ["new", "install", Path.Combine(packages, $"Ksmg.Templates.{PackageTests.Variable("KSMG_VERSION")}.nupkg"), .. here]);
        await RunAsync("dotnet", ["new", template, "-o", PathOf(name), .. here]);
        await RunAsync(
            "dotnet", "build", PathOf(name), "-v", "quiet", "-nodeReuse:false", "-p:UseSharedCompilation=false",
            $"-p:RestoreAdditionalProjectSources={packages}", $"-p:RestoreFallbackFolders={PackageTests.Variable("KSMG_FALLBACK")}");
        return Path.Combine(PathOf(name), "bin", "Debug", "net10.0", $"{name}.dll");
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(4));
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        })!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)}: {await output}{await error}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
