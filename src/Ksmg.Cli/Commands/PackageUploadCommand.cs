using System.CommandLine;
using System.CommandLine.Parsing;
using Ksmg.Sdk.Dialects;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg package upload</c>: the streaming upload alone, to one node; nothing is installed.</summary>
internal static class PackageUploadCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> path = new("path") { Description = Words.Get("option.package") };
        Option<UploadTarget> to = new("--to")
        {
            Description = Words.Get("option.upload-to"),
            HelpName = "URL",
            Required = true,
            Arity = ArgumentArity.OneOrMore,
            CustomParser = ParseTarget,
        };
        Option<string> user = new("--user") { Description = Words.Get("option.user"), HelpName = "NAME", DefaultValueFactory = _ => "Administrator" };
        Option<string?> passwordFile = new("--password-file") { Description = Words.Get("option.password-file"), HelpName = "FILE" };
        Option<string?> passwordEnvironment = new("--password-env") { Description = Words.Get("option.password-variable"), HelpName = "NAME" };
        Option<string?> fingerprint = new("--fingerprint") { Description = Words.Get("option.fingerprint"), HelpName = "HEX" };
        Option<bool> resumable = new("--resumable") { Description = Words.Get("option.resumable") };
        Option<string?> dialect = new("--dialect") { Description = Words.Get("option.dialect"), HelpName = "FILE" };
        PackageOptions packageOptions = new();
        Command command = new("upload", Words.Get("command.upload"));
        command.Add(path);
        packageOptions.AddTo(command, to);
        foreach (Option option in (Option[])[user, passwordFile, passwordEnvironment, fingerprint, resumable, dialect])
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetValue(resumable) && result.GetValue(dialect) is not null)
            {
                result.AddError(Words.Get("usage.resumable-dialect"));
            }
        });

        command.SetAction(async result =>
        {
            Output output = common.Output(result, console);
            UploadTarget target = result.GetRequiredValue(to);
            UpdatePackage package = await UpdatePackage.OpenAsync(
                result.GetRequiredValue(path), packageOptions.Read(result) with { To = target.Build }, console.End).ConfigureAwait(false);
            await using (package.ConfigureAwait(false))
            {
                KsmgCredentials credentials = await ReadCredentialsAsync(
                    result.GetRequiredValue(user), result.GetValue(passwordFile), result.GetValue(passwordEnvironment), console).ConfigureAwait(false);
                ServiceProvider provider = Connect(credentials, options =>
                {
                    options.Nodes.Add(NameOf(target.Node), target.Node, Trust(result.GetValue(fingerprint)));
                    options.Dialect = result.GetValue(dialect) is { } file ? Path.GetFullPath(file) : null;
                    if (result.GetValue(resumable))
                    {
                        options.Catalogue["upload-update"] = [new CatalogueEntryOptions { Resumable = true }];
                    }
                });
                await using (provider.ConfigureAwait(false))
                {
                    foreach (UpdatePackageFile file in package.Files)
                    {
                        await UploadAsync(provider.GetRequiredService<KsmgNode>(), file, output, console).ConfigureAwait(false);
                    }
                }
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task<KsmgCredentials> ReadCredentialsAsync(string user, string? file, string? variable, CliConsole console) => (file, variable) switch
    {
        (null, null) => await PasswordPrompt.AskAsync(user, console, "password.nobody-to-ask-here").ConfigureAwait(false),
        (not null, null) => new KsmgCredentials { UserName = user, PasswordFile = Path.GetFullPath(file) },
        (null, not null) => new KsmgCredentials { UserName = user, PasswordEnvironment = variable },
        _ => throw new CliException(ExitCodes.Usage, Words.Get("usage.one-password")),
    };

    private static ServiceProvider Connect(KsmgCredentials credentials, Action<KsmgOptions> configure)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddKsmg(options =>
        {
            options.Credentials = credentials;
            configure(options);
        }).AddDialects();
        return services.BuildServiceProvider();
    }

    /// <summary>The host as people know it, as far as it can be the name of a node: of IPv6 addresses and long names what fits.</summary>
    internal static string NameOf(Uri address)
    {
        const int longest = 63;
        string name = string.Concat(address.IdnHost.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-')).TrimStart('.', '-', '_');
        return name.Length == 0 ? "node" : name[..Math.Min(name.Length, longest)];
    }

    private static async Task UploadAsync(KsmgNode node, UpdatePackageFile file, Output output, CliConsole console)
    {
        string id = $"ksmg-{Guid.NewGuid():N}";
        long started = console.Time.GetTimestamp();
        UploadedUpdate? uploaded = null;
        await output.ProgressAsync(file.Name, file.SizeBytes, async progress =>
            uploaded = await node.Updates.UploadAsync(
                id, file, new Reporter(file.Name, progress, output), console.End).ConfigureAwait(false)).ConfigureAwait(false);
        TimeSpan elapsed = console.Time.GetElapsedTime(started);
        if (output.IsJson)
        {
            output.Json(new { id, name = file.Name, sizeBytes = file.SizeBytes, sha256 = uploaded!.Sha256, seconds = elapsed.TotalSeconds });
        }

        output.Say(Words.Get("package.uploaded", file.Name, Units.Bytes(file.SizeBytes), Units.Duration(elapsed), Units.Rate(file.SizeBytes, elapsed), id));
    }

    private static ServerTrust Trust(string? fingerprint)
    {
        try
        {
            return fingerprint is null ? ServerTrust.System : ServerTrust.Pinned(fingerprint);
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.fingerprint", e.Message), e);
        }
    }

    /// <summary>Of <c>--to</c> there may be two: the node, and the build that a renamed package leads to. No address reads as a build.</summary>
    private static UploadTarget? ParseTarget(ArgumentResult argument)
    {
        List<Uri> nodes = [];
        List<BuildNumber> builds = [];
        foreach (string text in argument.Tokens.Select(t => t.Value))
        {
            if (BuildNumber.TryParse(text, out BuildNumber build))
            {
                builds.Add(build);
            }
            else if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttps)
            {
                nodes.Add(url);
            }
            else
            {
                argument.AddError(Words.Get("usage.upload-to", text));
                return null;
            }
        }

        if (nodes is [Uri node] && builds.Count <= 1)
        {
            return new UploadTarget(node, builds.Count == 0 ? null : builds[0]);
        }

        argument.AddError(Words.Get("usage.upload-to-one"));
        return null;
    }

    private sealed record UploadTarget(Uri Node, BuildNumber? Build);

    /// <summary>Bytes for the bar; a line for people when the node has to be sent to once more.</summary>
    private sealed class Reporter(string name, IProgress<long> bar, Output output) : IProgress<UploadProgress>
    {
        private int _attempt = 1;

        public void Report(UploadProgress value)
        {
            if (value.Attempt != _attempt)
            {
                _attempt = value.Attempt;
                string key = value.SentBytes == 0 ? "package.upload-again" : "package.upload-cut";
                output.Complain(Words.Get(key, name, _attempt, Units.Bytes(value.SentBytes), Units.Bytes(value.TotalBytes)));
            }

            bar.Report(value.SentBytes);
        }
    }
}
