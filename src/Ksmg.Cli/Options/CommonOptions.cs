using System.CommandLine;
using Ksmg.Cli.Commands;

namespace Ksmg.Cli;

/// <summary>The options that every command understands, and what they were set to.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string> cluster = new("--cluster", "-c")
    {
        Description = Words.Get("option.cluster"),
        HelpName = "FILE",
        DefaultValueFactory = _ => "cluster.json",
        Recursive = true,
    };

    private readonly Option<string> runs = new("--runs")
    {
        Description = Words.Get("option.runs"),
        HelpName = "DIR",
        DefaultValueFactory = _ => "runs",
        Recursive = true,
    };

    private readonly Option<string?> fleet = new("--fleet") { Description = Words.Get("option.fleet"), HelpName = "FILE" };

    private readonly Option<string?> policy = new("--policy")
    {
        Description = Words.Get("option.policy"),
        HelpName = "FILE",
        Recursive = true,
    };

    private readonly Option<string?> lang = LanguageOption.Create();

    private readonly Option<bool> plain = new("--plain")
    {
        Description = Words.Get("option.plain"),
        Recursive = true,
    };

    private readonly Option<bool> json = new("--json")
    {
        Description = Words.Get("option.json"),
        Recursive = true,
    };

    public void AddTo(RootCommand root)
    {
        root.Add(cluster);
        root.Add(runs);
        root.Add(policy);
        root.Add(lang);
        root.Add(plain);
        root.Add(json);
    }

    /// <summary>
    /// Lets a command look for its run where a fleet keeps its runs. The file of the fleet says then what the others would: where the runs are, and
    /// which cluster it is.
    /// </summary>
    public void AddFleetTo(Command command)
    {
        command.Add(fleet);
        command.Validators.Add(result =>
        {
            if (result.GetResult(fleet) is not null
                && new Option[] { cluster, runs, policy }.FirstOrDefault(other => result.GetResult(other) is { Implicit: false }) is { } other)
            {
                result.AddError(Words.Get("usage.not-together", fleet.Name, other.Name));
            }
        });
    }

    /// <summary>The file of the fleet whose runs are meant; <see langword="null"/>: those of a folder are.</summary>
    public string? FleetPath(ParseResult result) => result.GetValue(fleet);

    public string ClusterPath(ParseResult result) => Path.GetFullPath(result.GetRequiredValue(cluster));

    /// <summary>Whether a cluster is described: by a file that was named, or by one that lies where it is looked for.</summary>
    public bool HasCluster(ParseResult result) => result.GetResult(cluster) is { Implicit: false } || File.Exists(ClusterPath(result));

    public string RunsPath(ParseResult result) => Path.GetFullPath(result.GetRequiredValue(runs));

    public string? PolicyPath(ParseResult result) => result.GetValue(policy) is { } path ? Path.GetFullPath(path) : null;

    public Output Output(ParseResult result, CliConsole console) => new(console, result.GetValue(plain), result.GetValue(json));

    /// <summary>What leads another command to the same cluster and the same runs, in the same language, wherever it is given.</summary>
    public string[] Again(ParseResult result) =>
    [
        .. result.GetResult(cluster) is { Implicit: false } ? [$"{cluster.Name}={ClusterPath(result)}"] : Array.Empty<string>(),
        .. FleetPath(result) is { } file ? [$"{fleet.Name}={Path.GetFullPath(file)}"] : Array.Empty<string>(),
        .. result.GetResult(runs) is { Implicit: false } ? [$"{runs.Name}={RunsPath(result)}"] : Array.Empty<string>(),
        .. result.GetValue(lang) is { } language ? [$"{lang.Name}={language}"] : Array.Empty<string>(),
        .. PolicyPath(result) is { } path ? [$"{policy.Name}={path}"] : Array.Empty<string>(),
    ];

    /// <summary>What leads a command about fleets to the one whose runs are meant, in the same language, wherever it is given.</summary>
    public string[] AgainOfFleet(ParseResult result) =>
    [
        $"{FleetCommand.File}={Path.GetFullPath(FleetPath(result)!)}",
        .. result.GetValue(lang) is { } language ? [$"{lang.Name}={language}"] : Array.Empty<string>(),
    ];

    /// <summary>What a person pastes behind a command to reach the same cluster and the same runs again.</summary>
    public string Repeat(ParseResult result)
    {
        string text = FleetPath(result) is { } file ? $" {fleet.Name} {ShellWord.QuotePath(file)}" : string.Empty;
        if (result.GetResult(cluster) is { Implicit: false })
        {
            text += $" -c {ShellWord.QuotePath(result.GetRequiredValue(cluster))}";
        }

        if (result.GetResult(runs) is { Implicit: false })
        {
            text += $" --runs {ShellWord.QuotePath(result.GetRequiredValue(runs))}";
        }

        return text;
    }
}
