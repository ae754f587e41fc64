using System.CommandLine;
using System.CommandLine.Parsing;

namespace Ksmg.Cli;

/// <summary>What <c>plan</c> and <c>upgrade</c> have in common: the package and the options that go before the policy, or a plan that was saved.</summary>
internal sealed class UpgradeOptions
{
    /// <summary>What stands in a saved plan already.</summary>
    private static readonly string[] _inThePlan = ["--package", "--pause-after", "--from", "--to", "--ktgz", "--policy"];

    private readonly Option<string> package = new("--package", "-p") { Description = Words.Get("option.package"), HelpName = "PATH" };
    private readonly Option<string?> saved = new("--plan") { Description = Words.Get("option.plan"), HelpName = "FILE" };
    private readonly Option<string?> pauseAfter = new Option<string?>("--pause-after")
    {
        Description = Words.Get("option.pause-after"),
        HelpName = "first|each|none",
    }
        .AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "first", "each", "none");
    private readonly PackageOptions packageOptions = new();

    /// <param name="command">The command.</param>
    /// <param name="takesPlan">Whether a saved plan will do as well.</param>
    public void AddTo(Command command, bool takesPlan = false)
    {
        command.Add(package);
        command.Add(pauseAfter);
        packageOptions.AddTo(command);
        package.Required = !takesPlan;
        if (takesPlan)
        {
            command.Add(saved);
            command.Validators.Add(Check);
        }
    }

    public IReadOnlyDictionary<string, string?> PolicyOptions(ParseResult result) => result.GetValue(pauseAfter) is { } point
        ? new Dictionary<string, string?> { [nameof(UpgradePolicy.PauseAfter)] = point }
        : [];

    /// <exception cref="CliException">The plan is refused; the message says why.</exception>
    public static void MustNotBeRefused(UpgradePlan plan)
    {
        if (plan.IsRefused)
        {
            string reasons = string.Join(" ", plan.Findings.Where(f => f.Severity == FindingSeverity.Refusal).Select(f => f.Text));
            throw new CliException(ExitCodes.Refused, Words.Get("run.refused", reasons));
        }
    }

    /// <summary>Reads a size such as <c>64MiB</c>, up to 16 GiB.</summary>
    public static long ParseSize(ArgumentResult argument)
    {
        string text = argument.Tokens.Single().Value;
        if (Units.ParseBytes(text) is { } bytes and > 0 and <= 16L << 30)
        {
            return bytes;
        }

        argument.AddError(Words.Get("usage.size", ((OptionResult)argument.Parent!).Option.Name, text));
        return 0;
    }

    /// <summary>Reads the package as a whole, asks every node, and makes the plan; or the saved one, where it would be the same now.</summary>
    public async Task<UpgradePlan> PlanAsync(ParseResult result, CliHost host, Output output, CliConsole console)
    {
        if (result.GetResult(saved) is not null)
        {
            return await ReadPlanAsync(Path.GetFullPath(result.GetRequiredValue(saved)!), host, output, console).ConfigureAwait(false);
        }

        UpdatePackage file = await UpdatePackage.OpenAsync(result.GetRequiredValue(package), packageOptions.Read(result), console.End).ConfigureAwait(false);
        return await PlanAsync(file, host.Policy, host, output, console).ConfigureAwait(false);
    }

    private static async Task<UpgradePlan> ReadPlanAsync(string path, CliHost host, Output output, CliConsole console)
    {
        UpgradePlan plan;
        try
        {
            plan = UpgradePlan.FromJson(await File.ReadAllTextAsync(path, console.End).ConfigureAwait(false));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.no-plan", path), e);
        }
        catch (Exception e) when (e is UpgradeException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Refused, Words.Get("plan.unusable", path, e.Message), e);
        }

        UpdatePackage file = await plan.OpenPackageAsync(console.End).ConfigureAwait(false);
        UpgradePlan now = await PlanAsync(file, plan.Policy, host, output, console).ConfigureAwait(false);
        if (now.IsRefused || now.IsNothingToDo)
        {
            // Whatever plan it is: nothing can be started now.
            return now;
        }

        ILookup<bool, string> changes = plan.ChangesTo(now).ToLookup(change => change.Severity == FindingSeverity.Refusal, change => (string)change.Text);
        if (changes[true].Any())
        {
            throw new CliException(ExitCodes.Refused, Words.Get("plan.outdated", path, string.Join(' ', changes[true])));
        }

        foreach (string change in changes[false])
        {
            output.Complain(Words.Get("plan.changed", change));
        }

        return plan;
    }

    private static async Task<UpgradePlan> PlanAsync(UpdatePackage file, UpgradePolicy policy, CliHost host, Output output, CliConsole console)
    {
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

            return await host.Orchestrator.PlanAsync(file, policy, console.End).ConfigureAwait(false);
        }
    }

    /// <summary>A saved plan is run as it stands: nothing else may say what is run.</summary>
    private void Check(CommandResult result)
    {
        bool isSaved = result.GetResult(saved) is not null;
        if (!isSaved && result.GetResult(package) is null)
        {
            result.AddError(Words.Get("usage.package-or-plan"));
        }
        else if (isSaved && _inThePlan.FirstOrDefault(name => result.GetResult(name) is OptionResult { Implicit: false }) is { } other)
        {
            result.AddError(Words.Get("usage.plan-alone", other));
        }
    }
}
