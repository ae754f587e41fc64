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
            result.AddError(Words.Get("options.name-required"), "Name");
        }
        else if (!IsName(options.Name))
        {
            result.AddError(
                Words.Get("options.name-invalid", SectionMistakes.Show(options.Name), MostNameCharacters),
                "Name");
        }

        if (options.Nodes is null)
        {
            result.AddError(Words.Get("options.nodes-required"), "Nodes");
            return result.Build();
        }

        if (options.Nodes.Count == 0)
        {
            result.AddError(Words.Get("options.nodes-none"), "Nodes");
        }

        for (int i = 0; i < options.Nodes.Count; i++)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"Nodes:{i}");
            if (options.Nodes[i] is null)
            {
                result.AddError(Words.Get("options.node-null"), place);
                return result.Build();
            }

            CheckNode(options.Nodes[i], options, place, result);
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
            result.AddError(Words.Get("options.credentials-required"), "Credentials");
        }

        CheckTime(options.ConnectTimeout, TimeSpan.FromMinutes(1), "ConnectTimeout", result);
        CheckTime(options.RequestLimit, TimeSpan.FromMinutes(5), "RequestLimit", result);
        CheckTime(options.UploadIdleTimeout, TimeSpan.FromHours(1), "UploadIdleTimeout", result);
        if (options.ConnectTimeout > options.RequestLimit)
        {
            result.AddError(Words.Get("options.connect-too-long"), "ConnectTimeout");
        }

        try
        {
            OperationCatalogue.Of(options);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
        }

        try
        {
            KnownDefects.Of(options);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message, nameof(options.KnownDefects));
        }

        return result.Build();
    }

    private static void CheckNode(KsmgNodeOptions node, KsmgOptions options, string path, ValidateOptionsResultBuilder result)
    {
        if (string.IsNullOrWhiteSpace(node.Name))
        {
            result.AddError(Words.Get("options.node-name-required"), $"{path}:Name");
        }
        else if (!IsNodeName(node.Name))
        {
            result.AddError(
                Words.Get("options.node-name-invalid", SectionMistakes.Show(node.Name)),
                $"{path}:Name");
        }

        if (node.Address is null)
        {
            result.AddError(Words.Get("options.address-required"), $"{path}:Address");
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
            result.AddError(Words.Get("options.address-invalid"), $"{path}:Address");
        }

        if (node.Fingerprint is { Length: > 0 } && node.RootsFile is { Length: > 0 })
        {
            result.AddError(Words.Get("options.two-trusts"), $"{path}:Fingerprint");
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
            result.AddError(Words.Get("options.roots-unreadable", e.Message), $"{path}:RootsFile");
        }

        CheckEndpoint(node.Smtp, Words.Get("options.form-host-port"), $"{path}:Smtp", result);
        CheckEndpoint(node.ClusterAddress, Words.Get("options.form-ip-port"), $"{path}:ClusterAddress", result);
    }

    private static bool IsNodeName(string name) =>
        name.Length <= 63 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static void CheckEndpoint(string? value, string wanted, string path, ValidateOptionsResultBuilder result)
    {
        if (value is { Length: > 0 } && HostPort.Parse(value) is null)
        {
            result.AddError(Words.Get("options.endpoint-invalid", SectionMistakes.Show(value), wanted), path);
        }
    }

    private static void CheckTime(TimeSpan value, TimeSpan max, string option, ValidateOptionsResultBuilder result)
    {
        if (value < TimeSpan.FromMilliseconds(100) || value > max)
        {
            result.AddError(Words.Get("options.time-not-between", value.ToString("c"), max.ToString("c")), option);
        }
    }

    private static void CheckTwins(KsmgOptions options, Func<KsmgNodeOptions, string?> key, string option, ValidateOptionsResultBuilder result)
    {
        foreach (IGrouping<string, KsmgNodeOptions> twins in options.Nodes
            .Where(n => !string.IsNullOrEmpty(key(n)))
            .GroupBy(n => key(n)!, StringComparer.OrdinalIgnoreCase)
            .Where(g => g.Count() > 1))
        {
            result.AddError(Words.Get("options.twins", option, twins.Key, twins.Count()), "Nodes");
        }
    }

    private static void CheckCredentials(KsmgCredentials credentials, KsmgOptions options, ValidateOptionsResultBuilder result)
    {
        if (string.IsNullOrWhiteSpace(credentials.UserName))
        {
            result.AddError(Words.Get("options.user-required"), "Credentials:UserName");
        }

        SecretSource source = credentials.Source(options);
        if ((credentials.HasDelegate ? 1 : 0) + source.Count != 1)
        {
            result.AddError(Words.Get("options.password-source"), "Credentials");
        }
        else if (!credentials.HasDelegate && source.Mistake is { } mistake)
        {
            result.AddError(mistake);
        }
    }
}
