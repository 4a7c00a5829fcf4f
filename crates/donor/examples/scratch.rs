use leuka_blood::*; use leuka_blood::quantity::*; use leuka_blood::random::Seed; use leuka_donor::*;
fn man()->Description{ let p=leuka_donor::Parameters::embedded().unwrap();Description::typical(Sex::Male,35.0,Length::from_cm(178.0),Mass::from_kg(75.0),Volume::from_ml(5250.0),&p)}
fn new(d:&Description)->Donor{let mut f=leuka_donor::Parameters::embedded_file().unwrap(); f.set("vasovagal.hazard",0.0).unwrap(); for a in std::env::args().skip(1){let (k,v)=a.split_once('=').unwrap(); f.set(k,v.parse().unwrap()).unwrap();} let p=leuka_donor::Parameters::from_file(&f).unwrap(); let b=leuka_blood::Parameters::embedded().unwrap(); Donor::new(d,&p,&b,Seed::run(1)).unwrap()}
fn citrate(x:&mut Donor, kg:f64, rate:f64, min:f64){ let a=leuka_blood::Parameters::embedded().unwrap().fluids.anticoagulant(Anticoagulant::AcdA,1.0); let ml=rate*kg/189.1/a.get(Component::Citrate); for _ in 0..(min*60.0) as u32 {x.receive(&(a*(ml/60.0))); x.advance(TimeSpan::from_seconds(1.0));}}
fn show(x:&Donor,t:&str){let b=x.blood(); println!("{t}: iCa {:+.1}% iMg {:+.1}% cit {:.2} HCO3 {:.1} pth {:.2} K {:.2} Pi {:.2} pH {:.3}",(b.ionised_calcium.mmol_l()/1.25-1.)*100.,(b.ionised_magnesium.mmol_l()/0.55-1.)*100.,b.citrate.mmol_l(),b.bicarbonate.mmol_l(),b.parathyroid_hormone.fraction(),b.potassium.mmol_l(),b.phosphate.mmol_l(),b.ph);}
fn main(){
 let d=man();
 let mut x=new(&d);
 for (i,t) in [5.,5.,5.,15.,30.,30.].iter().enumerate(){ citrate(&mut x,75.,1.6,*t); show(&x,&format!("G1 {i}")); }
 x.advance(TimeSpan::from_minutes(30.)); show(&x,"G1+30");
 x.advance(TimeSpan::from_minutes(120.)); show(&x,"G1+150");
 for r in [1.1,1.4]{let mut x=new(&d); citrate(&mut x,75.,r,90.); show(&x,&format!("G1 {r}"));}
 let mut x=new(&d); citrate(&mut x,75.,1.5,240.); show(&x,"4h 1.5");
 let mut x=new(&d); x.treat(Treatment::CalciumInfusion(Amount::from_mmol(3.6))); citrate(&mut x,75.,1.5,240.); show(&x,"4h 1.5 with 3.6 mmol/h"); x.treat(Treatment::CalciumInfusion(Amount::from_mmol(0.0))); x.advance(TimeSpan::from_minutes(60.)); show(&x,"+60");
 let mut x=new(&d); citrate(&mut x,75.,0.33*189.1/60.,120.); show(&x,"G15 0.33 2h");
 let mut x=new(&d); citrate(&mut x,75.,0.33*189.1/60.,240.); show(&x,"G15 0.33 4h");
 for f in [1.0,0.5]{ let mut c=d; c.liver_factor=Fraction::from_fraction(f); let mut x=new(&c); x.treat(Treatment::CalciumInfusion(Amount::from_mmol(0.17*75.0))); citrate(&mut x,75.,0.5*189.1/60.,120.); show(&x,"G16"); }
 for (v,m) in [(375.,10.),(500.0,10.0),(1000.,25.),(450.,10.)]{ let mut x=new(&d); let a=x.vitals(); for _ in 0..(m*60.) as u32 {x.draw(v/m/60.); x.advance(TimeSpan::from_seconds(1.0));} let z=x.vitals();
  println!("loss {v}: HR {:+.1} SBP {:+.1} MAP {:+.1} SV {:+.1}% CVP {:+.1} refill {:.0}% CO {:.1}%",(z.heart_rate-a.heart_rate).per_min(),(z.systolic-a.systolic).mmhg(),(z.mean-a.mean).mmhg(),(z.stroke_volume/a.stroke_volume-1.)*100.,(z.central_venous-a.central_venous).mmhg(),(x.circulating().fluid_ml()-5250.0+v)/v*100.,((z.stroke_volume/a.stroke_volume)*(z.heart_rate/a.heart_rate)-1.)*100.);
  x.advance(TimeSpan::from_minutes(50.)); println!("   +50 min refill {:.0}%",(x.circulating().fluid_ml()-5250.0+v)/v*100.); }
}
