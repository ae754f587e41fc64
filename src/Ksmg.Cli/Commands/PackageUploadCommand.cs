using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg package upload</c>: the streaming upload alone, to one node; nothing is installed.</summary>
internal static class PackageUploadCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> path = new("path") { Description = "The vendor's ZIP, or a KTGZ." };
        Option<Uri> to = new("--to")
        {
            Description = "The node's web interface, such as https://10.0.0.11.",
            HelpName = "URL",
            Required = true,
            CustomParser = ParseUrl,
        };
        Option<string> user = new("--user") { Description = "The account.", HelpName = "NAME", DefaultValueFactory = _ => "Administrator" };
        Option<string?> passwordFile = new("--password-file") { Description = "A file that holds the password.", HelpName = "FILE" };
        Option<string?> passwordEnvironment = new("--password-env") { Description = "The environment variable that holds the password.", HelpName = "NAME" };
        Option<string?> fingerprint = new("--fingerprint") { Description = "SHA-256 of the node's certificate; default: what the machine trusts.", HelpName = "HEX" };
        Option<bool> resumable = new("--resumable") { Description = "The node takes the rest of an upload that was cut (assumed: it does not)." };
        Option<string?> files = new("--ktgz") { Description = "Which packages of a ZIP, in order, where it cannot be told.", HelpName = "A,B" };
        Command command = new("upload", "Streams a package to one node, without a temporary file. Installs nothing.");
        command.Add(path);
        foreach (Option option in (Option[])[to, user, passwordFile, passwordEnvironment, fingerprint, resumable, files])
        {
            command.Add(option);
        }

        command.SetAction(async result =>
        {
            Output output = common.Output(result, console);
            UpdatePackage package = await UpdatePackage.OpenAsync(
                result.GetRequiredValue(path),
                new UpdatePackageOptions { Files = result.GetValue(files)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) },
                console.End).ConfigureAwait(false);
            await using (package.ConfigureAwait(false))
            {
                KsmgCredentials credentials = await ReadCredentialsAsync(
                    result.GetRequiredValue(user), result.GetValue(passwordFile), result.GetValue(passwordEnvironment), console).ConfigureAwait(false);
                ServiceProvider provider = Connect(result.GetRequiredValue(to), Trust(result.GetValue(fingerprint)), credentials, result.GetValue(resumable));
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
        (null, null) => await PasswordPrompt.AskAsync(user, console).ConfigureAwait(false),
        (not null, null) => new KsmgCredentials { UserName = user, PasswordFile = Path.GetFullPath(file) },
        (null, not null) => new KsmgCredentials { UserName = user, PasswordEnvironment = variable },
        _ => throw new CliException(ExitCodes.Usage, "Give one of --password-file and --password-env."),
    };

    private static ServiceProvider Connect(Uri address, ServerTrust trust, KsmgCredentials credentials, bool resumable)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddKsmg(options =>
        {
            options.Nodes.Add(NameOf(address), address, trust);
            options.Credentials = credentials;
            if (resumable)
            {
                const string upload = "upload-update";
                OperationEntry shipped = OperationCatalogue.Shipped.Operations[upload].Single();
                options.Catalogue[upload] = [
                    new CatalogueEntryOptions { Method = shipped.Method.Method, Path = shipped.Path, Safety = shipped.Safety.ToString(), Resumable = true }];
            }
        });
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

        output.Say($"{file.Name}: {Units.Bytes(file.SizeBytes)} in {Units.Duration(elapsed)} ({Units.Rate(file.SizeBytes, elapsed)}), upload {id}");
    }

    private static ServerTrust Trust(string? fingerprint)
    {
        try
        {
            return fingerprint is null ? ServerTrust.System : ServerTrust.Pinned(fingerprint);
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCodes.Usage, $"--fingerprint: {e.Message}", e);
        }
    }

    private static Uri? ParseUrl(System.CommandLine.Parsing.ArgumentResult argument)
    {
        string text = argument.Tokens.Single().Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttps)
        {
            return url;
        }

        argument.AddError($"--to: '{text}' is not an https:// address.");
        return null;
    }

    /// <summary>Bytes for the bar; a line for people when the node has to be sent to once more.</summary>
    private sealed class Reporter(string name, IProgress<long> bar, Output output) : IProgress<UploadProgress>
    {
        private int _attempt = 1;

        public void Report(UploadProgress value)
        {
            if (value.Attempt != _attempt)
            {
                _attempt = value.Attempt;
                output.Complain($"{name}: cut; attempt {_attempt} goes on at {Units.Bytes(value.SentBytes)} of {Units.Bytes(value.TotalBytes)}");
            }

            bar.Report(value.SentBytes);
        }
    }
}
