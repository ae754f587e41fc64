using System.CommandLine;

namespace Ksmg.Cli;

/// <summary>What <c>plan</c> and <c>upgrade</c> have in common: the package and the options that go before the policy.</summary>
internal sealed class UpgradeOptions
{
    private readonly Option<string> package = new("--package", "-p") { Description = Words.Get("option.package"), HelpName = "PATH", Required = true };
    private readonly Option<string?> pauseAfter = new Option<string?>("--pause-after")
    {
        Description = Words.Get("option.pause-after"),
        HelpName = "first|each|none",
    }
        .AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "first", "each", "none");
    private readonly PackageOptions packageOptions = new();

    public void AddTo(Command command)
    {
        command.Add(package);
        command.Add(pauseAfter);
        packageOptions.AddTo(command);
    }

    public IReadOnlyDictionary<string, string?> PolicyOptions(ParseResult result) => result.GetValue(pauseAfter) is { } point
        ? new Dictionary<string, string?> { [nameof(UpgradePolicy.PauseAfter)] = point }
        : [];

    /// <summary>Reads the package as a whole, asks every node, and makes the plan.</summary>
    public async Task<UpgradePlan> PlanAsync(ParseResult result, CliHost host, Output output, CliConsole console)
    {
        UpdatePackage file = await UpdatePackage.OpenAsync(result.GetRequiredValue(package), packageOptions.Read(result), console.End).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            await output.ProgressAsync(
                Words.Get("package.reading-whole"),
                file.Files.Sum(f => f.SizeBytes),
                progress => file.VerifyAsync(progress, console.End)).ConfigureAwait(false);
            foreach (string warning in file.Warnings)
            {
                output.Complain(Words.Get("package.warning", warning));
            }

            return await host.Orchestrator.PlanAsync(file, host.Policy, console.End).ConfigureAwait(false);
        }
    }
}
