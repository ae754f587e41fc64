using System.Globalization;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk;

/// <summary>The rules of the options. Every message names the option and what to do.</summary>
internal sealed class KsmgOptionsValidator : IValidateOptions<KsmgOptions>
{
    private const int MostNameCharacters = 100;

    /// <summary>Whether a cluster can be found under a name: one that is empty, or differs from another in what nobody sees, is none.</summary>
    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= MostNameCharacters } && !char.IsWhiteSpace(name[0]) && !char.IsWhiteSpace(name[^1])
        && !name.Any(c => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format);

    public ValidateOptionsResult Validate(string? name, KsmgOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (string.IsNullOrWhiteSpace(options.Name))
        {
            result.AddError("required; it is what runs and people know the cluster by.", "Name");
        }
        else if (!IsName(options.Name))
        {
            result.AddError(
                $"'{SectionMistakes.Show(options.Name)}' is no name: 1 to {MostNameCharacters} characters that can be seen, with no blank at either end.",
                "Name");
        }

        if (options.Nodes is null)
        {
            result.AddError("required; add at least one, with its name and its https:// address.", "Nodes");
            return result.Build();
        }

        if (options.Nodes.Count == 0)
        {
            result.AddError("there is no node; add at least one, with its name and its https:// address.", "Nodes");
        }

        for (int i = 0; i < options.Nodes.Count; i++)
        {
            if (options.Nodes[i] is null)
            {
                result.AddError("is null; a node has a name and an https:// address.", $"Nodes:{i}");
                return result.Build();
            }

            CheckNode(options.Nodes[i], options, $"Nodes:{i}", result);
        }

        CheckTwins(options, n => n.Name, "Name", result);
        CheckTwins(options, n => n.Address is { IsAbsoluteUri: true } address ? address.GetLeftPart(UriPartial.Authority) : null, "Address", result);
        CheckTwins(options, n => n.ClusterAddress, "ClusterAddress", result);
        if (options.Credentials is { } credentials)
        {
            CheckCredentials(credentials, options, result);
        }
        else
        {
            result.AddError("required; the account of the sessions.", "Credentials");
        }

        CheckTime(options.ConnectTimeout, TimeSpan.FromMinutes(1), "ConnectTimeout", result);
        CheckTime(options.RequestLimit, TimeSpan.FromMinutes(5), "RequestLimit", result);
        CheckTime(options.UploadIdleTimeout, TimeSpan.FromHours(1), "UploadIdleTimeout", result);
        if (options.ConnectTimeout > options.RequestLimit)
        {
            result.AddError("is longer than RequestLimit, which covers the whole call; make it shorter.", "ConnectTimeout");
        }

        try
        {
            OperationCatalogue.Shipped.With(options.Catalogue);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
        }

        return result.Build();
    }

    private static void CheckNode(KsmgNodeOptions node, KsmgOptions options, string path, ValidateOptionsResultBuilder result)
    {
        if (string.IsNullOrWhiteSpace(node.Name))
        {
            result.AddError("required; 1 to 63 letters, digits, '-', '_' or '.'.", $"{path}:Name");
        }
        else if (!IsNodeName(node.Name))
        {
            result.AddError(
                $"'{SectionMistakes.Show(node.Name)}' is no name of a node: 1 to 63 letters, digits, '-', '_' or '.', the first a letter or digit.",
                $"{path}:Name");
        }

        if (node.Address is null)
        {
            result.AddError("required; https://HOST or https://HOST:PORT.", $"{path}:Address");
        }
        else if (node.Address is { } address
            && (
                !address.IsAbsoluteUri
                    || address.Scheme != Uri.UriSchemeHttps
                    || address.PathAndQuery != "/"
                    || address.UserInfo.Length > 0
                    || address.Fragment.Length > 0))
        {
            // The address is not repeated: it may hold a password.
            result.AddError("must be https://HOST or https://HOST:PORT and nothing more.", $"{path}:Address");
        }

        if (node.Fingerprint is { Length: > 0 } && node.RootsFile is { Length: > 0 })
        {
            result.AddError("stands beside RootsFile; give one of them.", $"{path}:Fingerprint");
        }

        try
        {
            node.ResolveTrust(options);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message, $"{path}:{(node.Fingerprint is { Length: > 0 } ? "Fingerprint" : "RootsFile")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            result.AddError($"cannot be read: {e.Message}", $"{path}:RootsFile");
        }

        CheckEndpoint(node.Smtp, "a host and a port such as 10.0.0.11:25", $"{path}:Smtp", result);
        CheckEndpoint(node.ClusterAddress, "an IP address and a port such as 10.0.0.11:9045", $"{path}:ClusterAddress", result);
    }

    private static bool IsNodeName(string name) =>
        name.Length <= 63 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static void CheckEndpoint(string? value, string wanted, string path, ValidateOptionsResultBuilder result)
    {
        if (value is { Length: > 0 } && HostPort.Parse(value) is null)
        {
            result.AddError($"'{SectionMistakes.Show(value)}' is not {wanted}; a port is 1 to 65535.", path);
        }
    }

    private static void CheckTime(TimeSpan value, TimeSpan max, string option, ValidateOptionsResultBuilder result)
    {
        if (value < TimeSpan.FromMilliseconds(100) || value > max)
        {
            result.AddError($"'{value}' is not between 00:00:00.1 and {max}.", option);
        }
    }

    private static void CheckTwins(KsmgOptions options, Func<KsmgNodeOptions, string?> key, string option, ValidateOptionsResultBuilder result)
    {
        foreach (IGrouping<string, KsmgNodeOptions> twins in options.Nodes
            .Where(n => !string.IsNullOrEmpty(key(n)))
            .GroupBy(n => key(n)!, StringComparer.OrdinalIgnoreCase)
            .Where(g => g.Count() > 1))
        {
            result.AddError($"{option} '{twins.Key}' is given to {twins.Count()} nodes; it must differ from node to node.", "Nodes");
        }
    }

    private static void CheckCredentials(KsmgCredentials credentials, KsmgOptions options, ValidateOptionsResultBuilder result)
    {
        if (string.IsNullOrWhiteSpace(credentials.UserName))
        {
            result.AddError("required; the name of the account.", "Credentials:UserName");
        }

        int sources = (credentials.HasDelegate ? 1 : 0)
            + (string.IsNullOrEmpty(credentials.PasswordFile) ? 0 : 1)
            + (string.IsNullOrEmpty(credentials.PasswordEnvironment) ? 0 : 1);
        if (sources != 1)
        {
            result.AddError("needs exactly one of PasswordFile, PasswordEnvironment, or a delegate in code.", "Credentials");
        }
        else if (credentials.PasswordFile is { Length: > 0 } file && !File.Exists(options.FullPath(file)))
        {
            result.AddError($"there is no file {options.FullPath(file)}; relative paths count from BasePath.", "Credentials:PasswordFile");
        }
        else if (credentials.PasswordEnvironment is { Length: > 0 } variable && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
        {
            result.AddError($"the environment variable {variable} is not set.", "Credentials:PasswordEnvironment");
        }
    }
}
