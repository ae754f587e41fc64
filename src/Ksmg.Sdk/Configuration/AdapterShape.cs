using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Ksmg.Sdk;

/// <summary>The shape of a section whose settings are the public properties of its options.</summary>
internal static class AdapterShape
{
    /// <summary>The shape of an adapter's section.</summary>
    /// <param name="kind">The kind that the section names.</param>
    /// <exception cref="NotSupportedException">A property is of a type that no setting has.</exception>
    public static SectionShape<T> Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(string kind)
        where T : class
    {
        SectionShape<T> shape = new SectionShape<T>().Kind(kind);
        foreach (PropertyInfo property in typeof(T).GetProperties())
        {
            Add(shape, property);
        }

        return shape;
    }

    private static void Add<T>(SectionShape<T> shape, PropertyInfo property)
        where T : class
    {
        string name = property.Name;
        Type type = property.PropertyType;
        if (typeof(ICollection<string>).IsAssignableFrom(type))
        {
            shape.Texts(name, options => (ICollection<string>)property.GetValue(options)!);
        }
        else if (typeof(IDictionary<string, string>).IsAssignableFrom(type))
        {
            shape.Map(name, options => (IDictionary<string, string>)property.GetValue(options)!);
        }
        else if (type.IsEnum)
        {
            shape.Word(name, Enum.GetNames(type), (options, word) => property.SetValue(options, Enum.Parse(type, word)));
        }
        else if (type == typeof(string))
        {
            shape.Text(name, property.SetValue);
        }
        else if (type == typeof(Uri))
        {
            shape.Address(name, property.SetValue);
        }
        else if (type == typeof(bool))
        {
            shape.Flag(name, (options, value) => property.SetValue(options, value));
        }
        else if (type == typeof(int))
        {
            RangeAttribute? range = property.GetCustomAttribute<RangeAttribute>();
            (int least, int most) = (range?.Minimum as int? ?? int.MinValue, range?.Maximum as int? ?? int.MaxValue);
            shape.Number(name, (options, value) => property.SetValue(options, value), least, most);
        }
        else if (type == typeof(TimeSpan))
        {
            shape.Time(name, (options, value) => property.SetValue(options, value));
        }
        else if (type == typeof(TimeSpan?))
        {
            shape.TimeOrNever(name, (options, value) => property.SetValue(options, value));
        }
        else
        {
            throw new NotSupportedException(
                $"{property.DeclaringType!.Name}.{name} is a {type.Name}: a setting is a text, an address, a word, a number, a time, "
                + "true or false, a list of texts, or a map of them.");
        }
    }
}
